"""The map: every route in one line (verb, path, what serves it, permission, function); queues and schedules below.

A view is `capability.module:name` under `functions/`; its module is imported at the first request for it. The
permission is one of `functions/operators/permissions.py`, or `public`. Lambda runs the HTTP routes in four
functions, so that the public can neither starve nor reach what CSRs use: `api`, `links`, `receipts`, `registrar`."""

import functions  # noqa: F401, I001 - first: it stops the collector while all else starts
import os
from collections import defaultdict

from chalice.app import Chalice, Response

from functions.common.http import PUBLIC, Route, rewrite_chalice_errors, serve
from functions.common.triggers import MIDDLEWARE
from functions.operators.authorise import authorise

ROUTES: tuple[Route, ...] = (
    # health and documentation
    Route("GET", "/healthz", "common.health:healthz", PUBLIC),
    Route("GET", "/openapi.json", "console.openapi:document", PUBLIC),
    Route("GET", "/docs", "console.docs:page", PUBLIC),
    # the installation's tenants (the provider), and one's own
    Route("POST", "/v1/tenants", "tenants.routes:tenants.create", "tenants:write"),
    Route("GET", "/v1/tenants", "tenants.routes:tenants.list", "tenants:read"),
    Route("GET", "/v1/tenants/{tenant_id}", "tenants.routes:tenants.read", "tenants:read"),
    Route("PATCH", "/v1/tenants/{tenant_id}", "tenants.routes:tenants.change", "tenants:write"),
    Route("DELETE", "/v1/tenants/{tenant_id}", "tenants.routes:delete_tenant", "tenants:write"),
    Route("POST", "/v1/tenants/{tenant_id}/off-board", "tenants.off_boarding_routes:off_board", "tenants:write"),
    Route("GET", "/v1/tenants/{tenant_id}/off-boarding", "tenants.off_boarding_routes:off_boarding", "tenants:read"),
    Route("GET", "/v1/tenant", "tenants.routes:read_own_tenant", "tenant:read"),
    Route("PATCH", "/v1/tenant", "tenants.routes:change_own_tenant", "tenant:write"),
    Route("GET", "/v1/usage", "messaging.usage:today", "messages:read"),
    Route("GET", "/v1/readiness", "tenants.routes:readiness", "readiness:read"),
    # operators
    Route("POST", "/v1/tokens", "operators.routes:issue_token", "operators:write"),
    Route("GET", "/v1/tokens", "operators.routes:list_tokens", "operators:read"),
    Route("DELETE", "/v1/tokens/{token_id}", "operators.routes:revoke_token", "operators:write"),
    Route("GET", "/v1/audit", "operators.routes:list_audit", "audit:read"),
    # SIP domains and public hostnames
    Route("POST", "/v1/domains", "tenants.routes:domains.create", "configuration:write"),
    Route("GET", "/v1/domains", "tenants.routes:domains.list", "configuration:read"),
    Route("GET", "/v1/domains/{domain_id}", "tenants.routes:domains.read", "configuration:read"),
    Route("PATCH", "/v1/domains/{domain_id}", "tenants.routes:domains.change", "configuration:write"),
    Route("DELETE", "/v1/domains/{domain_id}", "tenants.routes:domains.delete", "configuration:write"),
    Route("POST", "/v1/hostnames", "tenants.routes:request_hostname", "configuration:write"),
    Route("GET", "/v1/hostnames", "tenants.routes:hostnames.list", "configuration:read"),
    Route("GET", "/v1/hostnames/{hostname_id}", "tenants.routes:hostnames.read", "configuration:read"),
    Route("POST", "/v1/hostnames/{hostname_id}/live", "tenants.routes:hostname_live", "configuration:write"),
    Route("DELETE", "/v1/hostnames/{hostname_id}", "tenants.routes:hostnames.delete", "configuration:write"),
    # groups and provisioning profiles
    Route("POST", "/v1/groups", "accounts.routes:groups.create", "configuration:write"),
    Route("GET", "/v1/groups", "accounts.routes:groups.list", "configuration:read"),
    Route("GET", "/v1/groups/{group_id}", "accounts.routes:groups.read", "configuration:read"),
    Route("PATCH", "/v1/groups/{group_id}", "accounts.routes:groups.change", "configuration:write"),
    Route("DELETE", "/v1/groups/{group_id}", "accounts.routes:groups.delete", "configuration:write"),
    Route(
        "GET",
        "/v1/groups/{group_id}/managed-configuration",
        "provisioning.managed_routes:configuration",
        "configuration:read",
    ),
    Route(
        "POST",
        "/v1/groups/{group_id}/managed-links",
        "provisioning.managed_routes:links",
        "accounts:enrol",
        "links",
    ),
    Route("POST", "/v1/profiles", "provisioning.routes:profiles.create", "configuration:write"),
    Route("GET", "/v1/profiles", "provisioning.routes:profiles.list", "configuration:read"),
    Route("GET", "/v1/profiles/{profile_id}", "provisioning.routes:profiles.read", "configuration:read"),
    Route("PATCH", "/v1/profiles/{profile_id}", "provisioning.routes:profiles.change", "configuration:write"),
    Route("DELETE", "/v1/profiles/{profile_id}", "provisioning.routes:profiles.delete", "configuration:write"),
    # accounts
    Route("POST", "/v1/accounts", "accounts.routes:create", "accounts:create"),
    Route("GET", "/v1/accounts", "accounts.routes:list_accounts", "accounts:read"),
    Route("GET", "/v1/accounts/{account_id}", "accounts.routes:read", "accounts:read"),
    Route("PATCH", "/v1/accounts/{account_id}", "accounts.existing_routes:change", "accounts:change"),
    Route("DELETE", "/v1/accounts/{account_id}", "accounts.existing_routes:delete", "accounts:delete"),
    Route("POST", "/v1/accounts/{account_id}/disable", "accounts.existing_routes:disable", "accounts:change"),
    Route("POST", "/v1/accounts/{account_id}/enable", "accounts.existing_routes:enable", "accounts:change"),
    Route("POST", "/v1/accounts/{account_id}/extend", "accounts.existing_routes:extend", "accounts:change"),
    Route(
        "POST",
        "/v1/accounts/{account_id}/attention/clear",
        "accounts.existing_routes:clear_attention",
        "accounts:change",
    ),
    Route("GET", "/v1/accounts/{account_id}/state", "accounts.existing_routes:state", "accounts:read"),
    Route("GET", "/v1/accounts/{account_id}/history", "accounts.existing_routes:history", "accounts:read"),
    Route(
        "GET", "/v1/accounts/{account_id}/personal-data", "accounts.existing_routes:personal_data", "accounts:personal"
    ),
    Route("GET", "/v1/accounts/{account_id}/configuration", "accounts.existing_routes:configuration", "accounts:read"),
    Route("GET", "/v1/accounts/{account_id}/devices", "accounts.existing_routes:devices", "accounts:read"),
    Route("GET", "/v1/registrations", "accounts.existing_routes:registrations", "accounts:read"),
    Route(
        "POST", "/v1/accounts/{account_id}/devices/{slot}/reset", "activation.routes:reset_device", "accounts:change"
    ),
    Route("GET", "/v1/accounts/{account_id}/links", "activation.routes:list_links", "accounts:read"),
    Route("POST", "/v1/accounts/{account_id}/links", "activation.routes:issue", "accounts:send"),
    Route("POST", "/v1/accounts/{account_id}/links/{link_id}/revoke", "activation.routes:revoke", "accounts:send"),
    Route(
        "POST",
        "/v1/accounts/{account_id}/links/{link_id}/code",
        "activation.routes:read_out_code",
        "accounts:send",
        "links",
    ),
    Route("POST", "/v1/accounts/{account_id}/links/{link_id}/unlock", "activation.routes:unlock", "accounts:send"),
    Route("GET", "/v1/accounts/{account_id}/messages", "messaging.routes:list_messages", "messages:read"),
    Route("POST", "/v1/accounts/{account_id}/messages", "messaging.routes:send", "accounts:send"),
    # many people at once
    Route("POST", "/v1/imports", "imports.routes:create", "accounts:import"),
    Route("GET", "/v1/imports", "imports.routes:list_imports", "accounts:import"),
    Route("GET", "/v1/imports/{import_id}", "imports.routes:read", "accounts:import"),
    Route("POST", "/v1/imports/{import_id}/check", "imports.routes:check", "accounts:import"),
    Route("GET", "/v1/imports/{import_id}/problems", "imports.routes:problems", "accounts:import"),
    Route("POST", "/v1/imports/{import_id}/start", "imports.routes:start", "accounts:import"),
    Route("POST", "/v1/imports/{import_id}/cancel", "imports.routes:cancel", "accounts:import"),
    Route("GET", "/v1/imports/{import_id}/result", "imports.routes:result", "accounts:import"),
    Route("POST", "/v1/imports/{import_id}/undo", "imports.routes:undo", "accounts:import"),
    Route("GET", "/v1/imports/{import_id}/changes", "imports.routes:changes", "accounts:import"),
    Route("GET", "/v1/imports/{import_id}/missing", "imports.routes:missing", "accounts:import"),
    Route("POST", "/v1/imports/{import_id}/disable-missing", "imports.routes:disable_missing", "accounts:import"),
    Route("POST", "/v1/extensions", "accounts.existing_routes:extend_accounts", "accounts:change"),
    Route("GET", "/v1/extensions/{extension_id}", "accounts.existing_routes:extensions", "accounts:read"),
    Route("POST", "/v1/exports", "imports.export_routes:begin", "accounts:import"),
    Route("GET", "/v1/exports/{export_id}", "imports.export_routes:follow", "accounts:import"),
    # what is sent, and through whom
    Route("GET", "/v1/messages/{message_id}", "messaging.routes:read_message", "messages:read"),
    Route("GET", "/v1/messages/{message_id}/text", "messaging.kept:text", "messages:read", "links"),
    Route("POST", "/v1/messages/{message_id}/cancel", "messaging.routes:cancel", "accounts:send"),
    Route("POST", "/v1/gateways", "messaging.gateway_routes:create_gateway", "gateways:write"),
    Route("GET", "/v1/gateways", "messaging.gateway_routes:list_gateways", "gateways:read"),
    Route("GET", "/v1/gateways/{gateway_id}", "messaging.gateway_routes:read_gateway", "gateways:read"),
    Route("PATCH", "/v1/gateways/{gateway_id}", "messaging.gateway_routes:change_gateway", "gateways:write"),
    Route("DELETE", "/v1/gateways/{gateway_id}", "messaging.gateway_routes:delete_gateway", "gateways:write"),
    Route("POST", "/v1/gateways/{gateway_id}/test", "messaging.gateway_routes:test_gateway", "gateways:write"),
    Route(
        "POST",
        "/v1/gateways/{gateway_id}/receipt-address",
        "messaging.gateway_routes:receipt_address",
        "gateways:write",
    ),
    Route("POST", "/v1/templates", "messaging.routes:templates.create", "configuration:write"),
    Route("GET", "/v1/templates", "messaging.routes:templates.list", "configuration:read"),
    Route("GET", "/v1/templates/{template_id}", "messaging.routes:templates.read", "configuration:read"),
    Route("PATCH", "/v1/templates/{template_id}", "messaging.routes:templates.change", "configuration:write"),
    Route("DELETE", "/v1/templates/{template_id}", "messaging.routes:templates.delete", "configuration:write"),
    Route("POST", "/v1/templates/preview", "messaging.routes:preview_template", "configuration:read"),
    Route("POST", "/v1/packages", "installation.routes:announce", "configuration:write"),
    Route("GET", "/v1/packages", "installation.routes:list_packages", "configuration:read"),
    Route("GET", "/v1/packages/{package_id}", "installation.routes:packages.read", "configuration:read"),
    Route("DELETE", "/v1/packages/{package_id}", "installation.routes:delete_package", "configuration:write"),
    Route("POST", "/v1/packages/{package_id}/complete", "installation.routes:complete", "configuration:write"),
    Route("POST", "/v1/downloads", "installation.routes:downloads.create", "configuration:write"),
    Route("GET", "/v1/downloads", "installation.routes:downloads.list", "configuration:read"),
    Route("GET", "/v1/downloads/{download_id}", "installation.routes:downloads.read", "configuration:read"),
    Route("PATCH", "/v1/downloads/{download_id}", "installation.routes:downloads.change", "configuration:write"),
    Route("DELETE", "/v1/downloads/{download_id}", "installation.routes:downloads.delete", "configuration:write"),
    # the links people get
    Route("GET", "/i/{token}", "installation.pages:visit", PUBLIC, "links"),
    Route("HEAD", "/i/{token}", "installation.pages:head", PUBLIC, "links"),
    Route("GET", "/i/{token}/file", "installation.pages:file", PUBLIC, "links"),
    Route("HEAD", "/i/{token}/file", "installation.pages:file_head", PUBLIC, "links"),
    Route("GET", "/i/{token}/manifest.plist", "installation.pages:ios_manifest", PUBLIC, "links"),
    Route("HEAD", "/i/{token}/manifest.plist", "installation.pages:ios_manifest", PUBLIC, "links"),
    Route("GET", "/a/{token}", "activation.pages:show", PUBLIC, "links"),
    Route("HEAD", "/a/{token}", "activation.pages:head", PUBLIC, "links"),
    Route("POST", "/a/{token}", "activation.pages:tap", PUBLIC, "links"),
    Route("GET", "/n/{token}", "activation.notme:blocking_page", PUBLIC, "links"),
    Route("HEAD", "/n/{token}", "activation.notme:blocking_head", PUBLIC, "links"),
    Route("POST", "/n/{token}", "activation.notme:block", PUBLIC, "links"),
    Route("POST", "/a/{token}/opened", "activation.pages:opened", PUBLIC, "links"),
    Route("POST", "/a/{token}/code", "activation.pages:send_code", PUBLIC, "links"),
    Route("GET", "/a/{token}/not-me", "activation.pages:not_me_page", PUBLIC, "links"),
    Route("HEAD", "/a/{token}/not-me", "activation.pages:not_me_page", PUBLIC, "links"),
    Route("POST", "/a/{token}/not-me", "activation.pages:not_me", PUBLIC, "links"),
    Route("POST", "/a/{token}/new", "activation.pages:ask_for_new", PUBLIC, "links"),
    Route("GET", "/go", "activation.go:ask", PUBLIC, "links"),
    Route("HEAD", "/go", "activation.go:ask", PUBLIC, "links"),
    Route("POST", "/go", "activation.go:typed", PUBLIC, "links"),
    Route("GET", "/p/{ticket}", "activation.pages:fetch", PUBLIC, "links"),
    Route("HEAD", "/p/{ticket}", "activation.pages:fetch_head", PUBLIC, "links"),
    Route("GET", "/p/{ticket}/open", "activation.pages:open_client", PUBLIC, "links"),
    Route("GET", "/p/{ticket}/state", "activation.pages:progress", PUBLIC, "links"),
    Route("GET", "/p/{ticket}/profile", "activation.apple:profile", PUBLIC, "links"),
    Route("HEAD", "/p/{ticket}/profile", "activation.apple:profile_head", PUBLIC, "links"),
    Route("GET", "/provisioning/{client}", "activation.redeem:by_query", PUBLIC, "links"),
    Route("POST", "/provisioning/{client}", "activation.redeem:by_form", PUBLIC, "links"),
    Route("GET", "/c/{token}", "activation.later:changes_of", PUBLIC, "links"),
    Route("HEAD", "/c/{token}", "activation.later:changes_head", PUBLIC, "links"),
    Route("POST", "/v1/accounts/{account_id}/qr", "activation.routes:show_qr", "accounts:send", "links"),
    Route("POST", "/v1/accounts/{account_id}/spoken-code", "activation.routes:speak", "accounts:send", "links"),
    Route("GET", "/.well-known/dialready/{challenge}", "tenants.routes:check_hostname", PUBLIC, "links"),
    Route("GET", "/.well-known/apple-app-site-association", "tenants.well_known:apple", PUBLIC, "links"),
    Route("HEAD", "/.well-known/apple-app-site-association", "tenants.well_known:apple", PUBLIC, "links"),
    Route("GET", "/.well-known/assetlinks.json", "tenants.well_known:android", PUBLIC, "links"),
    Route("HEAD", "/.well-known/assetlinks.json", "tenants.well_known:android", PUBLIC, "links"),
    # what providers report, and what SIP servers ask and tell
    Route("GET", "/receipts/{gateway_id}/{secret}", "messaging.reports:report", PUBLIC, "receipts"),
    Route("POST", "/receipts/{gateway_id}/{secret}", "messaging.reports:report", PUBLIC, "receipts"),
    Route("GET", "/registrar/kamailio/lookup", "registrar.kamailio:lookup", "registrar:use", "registrar"),
    Route("GET", "/registrar/kamailio/number", "registrar.kamailio:number", "registrar:use", "registrar"),
    Route("POST", "/registrar/kamailio/events", "registrar.kamailio:event", "registrar:use", "registrar"),
    Route("POST", "/registrar/events", "registrar.feed:tell", "registrar:use", "registrar"),
    Route("GET", "/registrar/changes", "registrar.feed:changes", "registrar:use", "registrar"),
    Route("POST", "/registrar/freeswitch/directory", "registrar.freeswitch:directory", "registrar:use", "registrar"),
    Route(
        "POST",
        "/registrar/asterisk/{realm}/{table}/{query}",
        "registrar.asterisk:realtime",
        "registrar:use",
        "registrar",
    ),
    Route("GET", "/registrar/subscribers", "registrar.subscribers:subscribers", "registrar:export", "registrar"),
)

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ELSEWHERE = "/{proxy+}"  # every address that is not on the map

app = Chalice(app_name="dialready", configure_logs=False)
for middleware in (*MIDDLEWARE, rewrite_chalice_errors):
    app.register_middleware(middleware, "http")


def attach(routes: tuple[Route, ...]) -> None:
    """Gives Chalice one view per path, which serves all of the path's verbs."""
    by_path: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in (*routes, *(Route(verb, ELSEWHERE, "common.health:elsewhere", PUBLIC) for verb in VERBS)):
        by_path[route.path][route.verb] = route
    for path, verbs in by_path.items():
        _attach(path, verbs)


def _attach(path: str, verbs: dict[str, Route]) -> None:
    def view(**parameters: str) -> Response:
        request = app.current_request
        assert request is not None
        return serve(request, verbs[request.method], parameters, authorise)

    app.route(path, methods=list(verbs), name=path, content_types=[])(view)


attach(ROUTES)

if os.environ.get(
    "AWS_CHALICE_CLI_MODE"
):  # while packaging: queues and schedules, which Lambda runs from their own modules
    from functions.jobs import triggers as jobs_triggers
    from functions.messaging import triggers as messaging_triggers
    from functions.upkeep import triggers as upkeep_triggers

    app.register_blueprint(jobs_triggers.triggers)
    app.register_blueprint(messaging_triggers.triggers)
    app.register_blueprint(upkeep_triggers.triggers)
