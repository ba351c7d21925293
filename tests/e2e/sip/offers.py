"""Session descriptions as phones send them, and as they should not."""

from typing import Final

_HEAD: Final = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
_KEY: Final = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "\r\n"
_PRINT: Final = "a=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
_HASH: Final = "a=zrtp-hash:1.10 " + "ab" * 32 + "\r\n"


def _stream(transport: str, more: str = "", *, media: str = "audio", port: int = 40000) -> str:
    return f"m={media} {port} {transport} 0\r\na=rtpmap:0 PCMU/8000\r\n{more}"


ENCRYPTED: Final[dict[str, str]] = {
    "SRTP, key in SDP": _HEAD + _stream("RTP/SAVP", _KEY),
    "SRTP with feedback": _HEAD + _stream("RTP/SAVPF", _KEY),
    "DTLS, fingerprint of the stream": _HEAD + _stream("UDP/TLS/RTP/SAVPF", _PRINT),
    "DTLS, fingerprint of the session": _HEAD + _PRINT + _stream("UDP/TLS/RTP/SAVP"),
    "ZRTP": _HEAD + _stream("RTP/AVP", _HASH),
    "ZRTP with feedback": _HEAD + _stream("RTP/AVPF", _HASH),
    "audio, and video that is not wanted": _HEAD
    + _stream("RTP/SAVP", _KEY)
    + _stream("RTP/AVP", media="video", port=0),
}
PLAIN: Final[dict[str, str]] = {
    "plain RTP": _HEAD + _stream("RTP/AVP"),
    "plain RTP with feedback": _HEAD + _stream("RTP/AVPF"),
    "plain RTP that could be SRTP": _HEAD + _stream("RTP/AVP", _KEY),
    "SRTP without a key": _HEAD + _stream("RTP/SAVP"),
    "a key that encrypts nothing": _HEAD + _stream("RTP/SAVP", _KEY.replace("\r\n", " UNENCRYPTED_SRTP\r\n")),
    "a suite that encrypts nothing": _HEAD + _stream("RTP/SAVP", _KEY.replace("AES_CM_128", "NULL")),
    "DTLS without a fingerprint": _HEAD + _stream("UDP/TLS/RTP/SAVPF"),
    "encrypted audio, plain video": _HEAD + _stream("RTP/SAVP", _KEY) + _stream("RTP/AVP", media="video"),
    "plain video, encrypted audio": _HEAD + _stream("RTP/AVP", media="video") + _stream("RTP/SAVP", _KEY),
    "another stream's ZRTP": _HEAD + _stream("RTP/AVP", _HASH) + _stream("RTP/AVP", media="video"),
    "a picture by fax": _HEAD + "m=image 40000 udptl t38\r\n",
    "plain RTP after an empty line": _HEAD + "\r\n" + _stream("RTP/AVP"),
    "plain RTP in lines of bare line feeds": (_HEAD + _stream("RTP/AVP")).replace("\r\n", "\n"),
    "plain RTP in lines of bare carriage returns": (_HEAD + _stream("RTP/AVP")).replace("\r\n", "\r"),
    "plain RTP in capitals": (_HEAD + _stream("rtp/avp")).replace("m=", "M="),
}
