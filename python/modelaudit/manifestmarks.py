"""Bytes of which every manifest that a loader would act on has one: in large archives the others are just text."""

from __future__ import annotations

#: Parts of keys in `loadertables`, of tags, templates, commands and addresses; and the escapes that hide any of them.
_WORDS = (
    *(
        b"\\u",
        b"\\x",
        b"\\U",
        b"!",
        b"%TAG",
        b"{{",
        b"{%",
        b"<<",
        b"$",
        b"json://",
        b"py/",
        b"()",
        b"--",
        b"../",
        b"..\\",
    ),
    *(b"_target_", b"class_path", b"loader_module", b"auto_map", b"custom_", b"trust_remote_code", b"attn_impl"),
    *(b"chat_template", b"target", b"module", b"class", b"factory", b"handler", b"entry_point", b"callable", b"path"),
    *(b"file", b"itemInfoEntries", b"type", b"code", b"diffusers", b"command", b"cmd", b"script", b"hook", b"exec"),
    *(b"://", b"run", b"token", b"secret", b"password", b"key", b"&", b"*", b"<", b"python"),
)

MARKS: tuple[tuple[int | None, bytes], ...] = tuple((None, word) for word in _WORDS)
