// Where a key is given when the address brought none, or the given one is refused.

import { h, icon, setText } from "../core/dom.js";
import { changed } from "../core/store.js";

export function createSignin({ store, actions }) {
  const field = h("input.field", {
    type: "password",
    id: "key",
    name: "key",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    required: "",
    "aria-describedby": "key-hint key-message",
  });
  const reveal = h("button.button.small", { type: "button", "aria-pressed": "false" }, "Show");
  reveal.addEventListener("click", () => {
    const isHidden = field.type === "password";
    field.type = isHidden ? "text" : "password";
    reveal.setAttribute("aria-pressed", String(isHidden));
    setText(reveal, isHidden ? "Hide" : "Show");
  });
  const submit = h("button.button.primary", { type: "submit" }, "Open");
  const back = h("button.button", { type: "button", on: { click: actions.cancelSignIn } }, "Back");
  const message = h("p.message", { id: "key-message", role: "alert" });
  const form = h(
    "form.card.signin",
    { "aria-label": "Sign in", on: { submit: onSubmit } },
    h("div.signin-brand", null, icon("mark"), h("h1", null, "Aura")),
    h("p.muted", null, "What customers feel about each thing you sell, as they say it."),
    h("label.field-label", { for: "key" }, "API key"),
    h("div.field-row", null, field, reveal),
    message,
    h("div.signin-actions", null, submit, back),
    h(
      "p.muted.hint",
      { id: "key-hint" },
      "Keys are made on the server with ",
      h("code", null, "aura keys create --tenant shop --role read"),
      ". A key stays in this tab and is forgotten when the tab is closed.",
    ),
  );

  function onSubmit(event) {
    event.preventDefault();
    actions.signIn(field.value.trim());
  }

  store.subscribe((state, before) => {
    form.hidden = state.phase !== "signin";
    if (form.hidden || !changed(state, before, "signin", "phase")) return;
    setText(message, state.signin.message ?? "");
    message.hidden = !state.signin.message;
    back.hidden = state.tenants.length === 0;
    submit.disabled = state.signin.busy;
    setText(submit, state.signin.busy ? "Asking the API …" : "Open");
    if (before?.phase !== "signin") field.focus();
    if (state.signin.message && before?.signin.message !== state.signin.message) field.select();
  });

  return form;
}
