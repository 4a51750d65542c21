"""A real Apache Kafka on this machine without Docker: one node, KRaft, from the jars that ``pom.xml`` names."""
