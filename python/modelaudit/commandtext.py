"""Texts in manifests that start a shell, name an address without a name, or lead out of a folder."""

from __future__ import annotations

import re

#: Addresses of four numbers or in brackets, as hosts of a URL.
_URL = re.compile(
    r"^\s*[a-z][a-z0-9+.-]{1,20}:/{1,3}(?:[^/@\s]*@)?(\[[0-9a-fA-F:.]+\]|[0-9a-fx.]+)(?::\d+)?(?:[/?#]|\s*$)", re.I
)

#: Keys that programs send to or fetch from.
_ADDRESS_KEY = re.compile(r"url|uri|endpoint|hook|callback|server|host|address|remote|report|upload|download", re.I)

#: Keys whose last word says that a shell gets their text.
_COMMAND_KEY = re.compile(r"(?:^|[_\-.])(?:command|cmd|script|hook|shell|exec)s?$", re.I)

#: What connects a shell to a network or runs what was just fetched.
_SHELL = re.compile(
    r"/dev/(?:tcp|udp)/\S"
    r"|\b(?:nc|ncat|netcat)\b[^|;&\n]{0,80}\s-\w*[ec]\b"
    r"|\bmkfifo\b[^\n]{0,200}\|\s*(?:nc|ncat|netcat|telnet)\b"
    r"|\bbase64\s+(?:-d|-D|--decode)\b[^\n|]{0,200}\|\s*(?:ba|z|da|k)?sh\b"
    r"|\bpowershell(?:\.exe)?\b[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s"
    r"|\bIEX\s*\(\s*(?:New-Object|iwr)"
)

#: A download that is handed to an interpreter as it arrives.
_FETCHED = re.compile(
    r"\b(?:curl|wget)\b[^\n|;]{0,500}\|\s*(?:sudo\s+)?(?:\S*/)?(?:(?:ba|z|da|k)?sh|python[\d.]*|perl|ruby|node)\b"
    r"|\b(?:ba|z|da|k)?sh\s+(?:-c\s+)?[\"']?[<$]\(\s*(?:curl|wget)\b"
)

#: A shell that is started to run a text, or code given on the command line.
_STARTED = re.compile(r"(?:^|[\s;&|/\"'])(?:(?:ba|z|da|k)?sh|cmd(?:\.exe)?|powershell)\s+(?:-\w*c|/c)\b", re.I)

#: What must stand somewhere in a manifest before its texts are looked at one by one: parts of commands, in lower case,
#: and addresses that have numbers.
_PARTS = (
    "/dev/tcp",
    "/dev/udp",
    "nc ",
    "ncat",
    "netcat",
    "mkfifo",
    "base64",
    "powershell",
    "iex",
    "curl",
    "wget",
    "json:",
)
_NUMBERS = re.compile(r":(?:\\?/){1,3}[^\s\"'/]{0,200}?(?:\d+\.\d+|0[xX][0-9a-fA-F]|\[[0-9a-fA-F:]|\d{8})")

#: Networks of one's own house: services under such an address are ordinary.
_PRIVATE = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "0.0.0.0/32", "::1/128", "fc00::/7")

#: Files of a system that no model consists of.
_SYSTEM = re.compile(
    r"^(?:file://)?/(?:etc|proc|sys|dev|boot|var/run|run/secrets)/|(?:^|/)\.(?:ssh|aws|gnupg|kube|docker)/|^~/\."
)


def suspicious(text: str) -> bool:
    """Return whether a manifest has to be looked at text by text."""
    lowered = text.lower()
    return any(part in lowered for part in _PARTS) or _NUMBERS.search(text) is not None


def is_address_key(key: str) -> bool:
    """Return whether a key says that programs send to its text, or fetch from there."""
    return _ADDRESS_KEY.search(key) is not None


def raw_address(text: str) -> bool:
    """Return whether a text is a URL whose host is a public address in numbers."""
    found = _URL.match(text)
    if found is None:
        return False
    import ipaddress

    host = found.group(1).strip("[]")
    try:
        address = ipaddress.ip_address(int(host, 0) if re.fullmatch(r"0x[0-9a-f]+|\d{8,10}", host, re.I) else host)
    except ValueError:
        return False
    networks = map(ipaddress.ip_network, _PRIVATE)
    return not any(address in network for network in networks if network.version == address.version)


def is_command_key(key: str) -> bool:
    """Return whether a key says that its text is run."""
    return _COMMAND_KEY.search(key) is not None


def command(text: str) -> str:
    """Return the rule about a command that a runner would start; none about ordinary ones."""
    if _SHELL.search(text):
        return "MAN132"
    if _FETCHED.search(text):
        return "MAN134"
    return "MAN133" if _STARTED.search(text) else ""


def climbs(path: str) -> bool:
    """Return whether a path leads above the folder it starts in."""
    depth = 0
    for part in path.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False


def leads_away(path: str) -> bool:
    """Return whether a path that should stay in the folder of a model leads above it or to files of the system."""
    return climbs(path) or _SYSTEM.search(path) is not None
