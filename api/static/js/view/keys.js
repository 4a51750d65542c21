// The keys of this tab: add one, or forget them all.

import { h, icon } from "../core/dom.js";
import { changed } from "../core/store.js";

export function createKeys({ store, actions }) {
  const list = h("ul.keys-list", null);
  const close = h("button.button.round", { type: "button", "aria-label": "Close" }, icon("close"));
  const dialog = h(
    "dialog.card.keys",
    { "aria-labelledby": "keys-title" },
    h("div.keys-head", null, h("h2", { id: "keys-title" }, "API keys of this tab"), close),
    list,
    h(
      "div.keys-actions",
      null,
      h("button.button", { type: "button", on: { click: () => leave(actions.addKey) } }, "Add a key"),
      h(
        "button.button",
        { type: "button", id: "sign-out", on: { click: () => leave(actions.signOut) } },
        "Forget all keys",
      ),
    ),
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

  function leave(action) {
    dialog.close();
    action();
  }

  store.subscribe((state, before) => {
    if (!changed(state, before, "tenants")) return;
    list.replaceChildren(
      ...state.tenants.map(({ name, tenant, role }) =>
        h("li", null, h("strong", null, name), h("span.muted", null, `${tenant} · ${role}`)),
      ),
    );
  });

  return { node: dialog, open: () => dialog.showModal() };
}
