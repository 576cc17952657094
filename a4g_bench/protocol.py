"""Every constant of docs/protocol.md, with the section that it stands in. Nothing else spells one out."""
