"""The routes by which devices request access, and the owner manages it."""

from lodespace import protocol
from lodespace.web import device_handlers
from lodespace.web.route_record import Content, Route

ACCESS_ROUTES = (
    Route(
        "POST /api/access/request",
        device_handlers.request_access,
        None,
        "Request access for this device.",
        body=(protocol.AccessRequest,),
        answer=protocol.AccessRequested,
        errors=(403, 404, 429),
    ),
    Route(
        "POST /api/access/poll",
        device_handlers.poll_access,
        None,
        "The owner's decision. An answer with the state `allowed` sets the cookie.",
        body=(protocol.AccessPoll,),
        answer=protocol.AccessAnswer,
        errors=(404, 507),
    ),
    Route(
        "POST /api/access/pair",
        device_handlers.pair,
        None,
        "Pair this device with a code.",
        body=(protocol.Pair,),
        answer=protocol.AccessAnswer,
        errors=(403, 404, 429, 507),
    ),
    Route(
        "GET /api/access",
        device_handlers.get_access,
        "owner",
        "Waiting and approved devices (owner).",
        answer=protocol.Access,
    ),
    Route(
        "POST /api/access/decide",
        device_handlers.decide,
        "owner",
        "Approve or deny a waiting device (owner).",
        body=(protocol.Decide,),
        answer=protocol.Access,
        errors=(404, 507),
    ),
    Route(
        "POST /api/access/block",
        device_handlers.block,
        "owner",
        "Deny all requests of an IP address, or allow them again (owner).",
        body=(protocol.BlockAddress,),
        answer=protocol.Access,
    ),
    Route(
        "POST /api/access/code",
        device_handlers.make_code,
        "owner",
        "Make a pairing code (owner).",
        body=(protocol.MakeCode,),
        answer=protocol.PairingCode,
        errors=(404,),
    ),
    Route(
        "POST /api/access/revoke",
        device_handlers.revoke,
        "owner",
        "Revoke a device (owner).",
        body=(protocol.Revoke,),
        answer=protocol.Access,
        errors=(404, 507),
    ),
    Route(
        "GET /api/access/qr.svg",
        device_handlers.get_qr,
        "owner",
        "The address for other devices, as a QR code (owner).",
        answer=Content(("image/svg+xml",)),
        errors=(404,),
    ),
)
