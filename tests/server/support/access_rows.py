"""Access to every route and socket command: one row each.

A test compares the rows with the route table.
Letters: p everyone · t the holder of the token in the path · a agents and above · h hosts and above ·
m managers and above · d administrators · i integrations too · k also with a key, not only after a login ·
o anyone of the role, the path names no office.
"""

from __future__ import annotations

PAGES = """
p GET /
p GET /turn
p GET /accessibility
p GET /privacy
p GET /logo
p GET /healthz
p GET /readyz
p GET /metrics
p GET /manifest.webmanifest
p GET /sw.js
p GET /offline
p GET /robots.txt
p GET /favicon.ico
p GET /.well-known/security.txt
p GET /.well-known/change-password
p GET /api/openapi.json
p GET /appointments/new
p POST /appointments/new
p GET /appointments/find
p POST /appointments/find
p POST /appointments/lost
t GET /a/{token}
t GET /a/{token}/calendar.ics
t GET /a/{token}/cancel
t POST /a/{token}/cancel
t GET /a/{token}/reschedule
t POST /a/{token}/reschedule
t POST /a/{token}/rebook
t GET /a/{token}/earlier
t POST /a/{token}/earlier
t GET /verify/{token}
t POST /verify/{token}
t GET /a/{token}/verify/{secret}
t POST /a/{token}/verify/{secret}
t POST /a/{token}/letter
t GET /a/{token}/channels/{channel}
t POST /a/{token}/channels/{channel}
t POST /a/{token}/channels/{channel}/end
t POST /a/{token}/email
t POST /a/{token}/phone
p GET /waiting/new
p POST /waiting/new
t GET /waiting/{token}
t POST /waiting/{token}
p GET /o/{office}
p POST /o/{office}
p POST /o/{office}/standby
p GET /o/{office}/lost
p POST /o/{office}/lost
p GET /o/{office}/display
p GET /o/{office}/punctuality
t GET /t/{token}
t GET /t/{token}/leave
t POST /t/{token}/leave
t POST /t/{token}/rejoin
t POST /t/{token}/postpone
t POST /t/{token}/help
t POST /t/{token}/sms
t POST /t/{token}/sms/end
t GET /t/{token}/channels/{channel}
t POST /t/{token}/channels/{channel}
t POST /t/{token}/channels/{channel}/end
p GET /webhooks/{channel}
p POST /webhooks/{channel}
t GET /n/{token}
t GET /n/{token}/{group}
t POST /n/{token}/{group}
p GET /chat
p POST /chat
p POST /chat/leave
p GET /test
p GET /test/walk
t GET /test/{test}
t GET /test/{test}/report.txt
t GET /test/{test}/report.json
t GET /a/{token}/test
t GET /a/{token}/test/walk
t GET /a/{token}/test/{code}
t GET /a/{token}/test/{code}/report.txt
t GET /a/{token}/test/{code}/report.json
t GET /a/{token}/room
t GET /a/{token}/room/survey
t POST /a/{token}/room/survey
t GET /i/{token}
t GET /i/{token}/survey
t POST /i/{token}/survey
p GET /staff
p GET /staff/
p POST /staff/login
p GET /staff/oidc/login
p GET /staff/oidc/callback
p POST /staff/oidc/backchannel-logout
p POST /staff/proxy-login
p POST /staff/login/passkey
p GET /staff/login/second
p POST /staff/login/second
p POST /staff/login/second/passkey
p GET /staff/session
p POST /staff/session/stay
p POST /staff/session/login
ao GET /staff/account
ao GET /staff/account/password
ao POST /staff/account/password
ao POST /staff/account/sessions/end
ao GET /staff/account/passkeys/new
ao POST /staff/account/passkeys/new
ao GET /staff/account/passkeys/{id}/remove
ao POST /staff/account/passkeys/{id}/remove
ao GET /staff/account/app
ao POST /staff/account/app
ao GET /staff/account/app/remove
ao POST /staff/account/app/remove
ao GET /staff/account/codes
ao POST /staff/account/codes
ao GET /staff/account/proof
ao POST /staff/account/proof
do GET /staff/manage/people/sign-in
do POST /staff/manage/people/sign-in
mo GET /staff/manage/people/{id}/factors
mo POST /staff/manage/people/{id}/factors
t GET /staff/link/{token}
t POST /staff/link/{token}
ao GET /staff/desk
ao POST /staff/desk/open
ao POST /staff/desk/close
ho GET /staff/host
h POST /staff/host/{office}/found
ao POST /staff/go
h GET /staff/tickets/{id}/slip
h GET /staff/appointments/{id}/slip
a GET /staff/calls/{id}
a POST /staff/calls/{id}
ho GET /staff/notices
ho POST /staff/notices/{id}/again
ho POST /staff/notices/{id}/told
ak GET /staff/posters/{office}.pdf
h GET /staff/host/{office}/cancel
h POST /staff/host/{office}/cancel
h POST /staff/host/{office}/cancel/{id}/open
h POST /staff/host/{office}/cancel/{appointment}/told
ho GET /staff/calendar
ho GET /staff/calendar.csv
ho GET /staff/calendar/list
ho GET /staff/calendar/new
h POST /staff/calendar/new
ho GET /staff/calendar/search
ho POST /staff/calendar/search
h GET /staff/calendar/{appointment}
h POST /staff/calendar/{appointment}/check-in
h POST /staff/calendar/{appointment}/link
h GET /staff/calendar/{appointment}/move
h POST /staff/calendar/{appointment}/move
h GET /staff/calendar/{appointment}/cancel
h POST /staff/calendar/{appointment}/cancel
h GET /staff/calendar/{appointment}/contact
h POST /staff/calendar/{appointment}/contact
ao GET /staff/alerts
ao POST /staff/alerts
ao POST /staff/alerts/devices/{id}/remove
ao GET /staff/tests
ao GET /staff/tests/
ao GET /staff/tests/{code}
ao GET /staff/tests/{code}/report.txt
ao GET /staff/tests/{code}/report.json
ak GET /staff/rooms/{appointment}
ak GET /staff/rooms/{appointment}/timeline
mo GET /staff/manage
mo GET /staff/manage/today
mo GET /staff/manage/messages
mo GET /staff/manage/messages/sent
mo GET /staff/manage/messages/templates
mo GET /staff/manage/messages/templates/{kind}/{channel}
mo GET /staff/manage/messages/templates/{kind}/{channel}/html
mo GET /staff/manage/messages/test
mo POST /staff/manage/messages/test
mo GET /staff/manage/messages/test/{id}
mo GET /staff/manage/posters
mo GET /staff/manage/posters.pdf
m GET /staff/manage/o/{office}/poster
m POST /staff/manage/o/{office}/poster
mo GET /staff/manage/screens
mo POST /staff/manage/screens
mo GET /staff/manage/screens/{id}
mo POST /staff/manage/screens/{id}
mo GET /staff/manage/screens/{id}/remove
mo POST /staff/manage/screens/{id}/remove
do GET /staff/manage/offices/new
do POST /staff/manage/offices/new
mo GET /staff/manage/switch
m GET /staff/manage/o/{office}
m GET /staff/manage/o/{office}/listed
m POST /staff/manage/o/{office}/listed
mo GET /staff/manage/figures/mail
mo POST /staff/manage/figures/mail
mo POST /staff/manage/figures/mail/off
mo POST /staff/manage/figures/mail/now
mo GET /staff/manage/figures/mail/preview
m GET /staff/manage/o/{office}/what-if
m GET /staff/manage/o/{office}/lines
m GET /staff/manage/o/{office}/lines/new
m POST /staff/manage/o/{office}/lines/new
m GET /staff/manage/o/{office}/lines/{line}
m POST /staff/manage/o/{office}/lines/{line}
m GET /staff/manage/o/{office}/lines/{line}/remove
m POST /staff/manage/o/{office}/lines/{line}/remove
m GET /staff/manage/o/{office}/services
m POST /staff/manage/o/{office}/services/order
m GET /staff/manage/o/{office}/services/copy
m GET /staff/manage/o/{office}/services/new
m POST /staff/manage/o/{office}/services/new
m GET /staff/manage/o/{office}/services/{service}
m POST /staff/manage/o/{office}/services/{service}
m GET /staff/manage/o/{office}/services/{service}/remove
m POST /staff/manage/o/{office}/services/{service}/remove
m GET /staff/manage/o/{office}/desks
m POST /staff/manage/o/{office}/desks/order
m GET /staff/manage/o/{office}/desks/new
m POST /staff/manage/o/{office}/desks/new
m GET /staff/manage/o/{office}/desks/{desk}
m POST /staff/manage/o/{office}/desks/{desk}
m GET /staff/manage/o/{office}/desks/{desk}/rename
m POST /staff/manage/o/{office}/desks/{desk}/rename
m GET /staff/manage/o/{office}/desks/{desk}/remove
m POST /staff/manage/o/{office}/desks/{desk}/remove
m GET /staff/manage/o/{office}/details
m POST /staff/manage/o/{office}/details
m GET /staff/manage/o/{office}/hours
m POST /staff/manage/o/{office}/hours
m GET /staff/manage/o/{office}/hours/closures
m POST /staff/manage/o/{office}/hours/closures
m GET /staff/manage/o/{office}/hours/holidays
m POST /staff/manage/o/{office}/hours/holidays
m GET /staff/manage/o/{office}/hours/extra
m POST /staff/manage/o/{office}/hours/extra
m GET /staff/manage/o/{office}/hours/appointments
m POST /staff/manage/o/{office}/hours/appointments
m GET /staff/manage/o/{office}/settings
m GET /staff/manage/o/{office}/targets
m POST /staff/manage/o/{office}/targets
m GET /staff/manage/o/{office}/settings/agenda
m POST /staff/manage/o/{office}/settings/agenda
m GET /staff/manage/o/{office}/settings/lines/{line}
m POST /staff/manage/o/{office}/settings/lines/{line}
m GET /staff/manage/o/{office}/settings/services/{service}
m POST /staff/manage/o/{office}/settings/services/{service}
m GET /staff/manage/o/{office}/settings/lists
m GET /staff/manage/o/{office}/settings/lists/{list}
m POST /staff/manage/o/{office}/settings/lists/{list}
m GET /staff/manage/o/{office}/settings/texts
m GET /staff/manage/o/{office}/settings/texts/new
m POST /staff/manage/o/{office}/settings/texts/new
m GET /staff/manage/o/{office}/settings/texts/{text}
m POST /staff/manage/o/{office}/settings/texts/{text}
m GET /staff/manage/o/{office}/settings/texts/{text}/remove
m POST /staff/manage/o/{office}/settings/texts/{text}/remove
mo POST /staff/manage/audit/{id}/undo
mo GET /staff/manage/people
mo GET /staff/manage/people/invite
mo POST /staff/manage/people/invite
do GET /staff/manage/people/groups
do GET /staff/manage/people/groups/new
do POST /staff/manage/people/groups/new
do GET /staff/manage/people/groups/{id}
do POST /staff/manage/people/groups/{id}
do GET /staff/manage/people/groups/{id}/remove
do POST /staff/manage/people/groups/{id}/remove
mo GET /staff/manage/people/{id}
mo POST /staff/manage/people/{id}
mo GET /staff/manage/people/{id}/disable
mo POST /staff/manage/people/{id}/disable
mo POST /staff/manage/people/{id}/enable
mo POST /staff/manage/people/{id}/link
mo POST /staff/manage/people/{id}/connect
mo POST /staff/manage/people/{id}/sessions/end
mo GET /staff/manage/keys
mo GET /staff/manage/keys/new
mo POST /staff/manage/keys/new
mo GET /staff/manage/keys/{id}/revoke
mo POST /staff/manage/keys/{id}/revoke
do GET /staff/manage/look
do GET /staff/manage/look/sample.css
do POST /staff/manage/look/logo
do GET /staff/manage/look/{section}
do POST /staff/manage/look/{section}
mo GET /staff/manage/audit
mo GET /staff/manage/figures
mo GET /staff/manage/figures.csv
mo GET /staff/manage/audit.csv
p POST /staff/logout
p GET /dev/outbox
p GET /dev/outbox/{id}
p GET /dev/outbox/{id}/html
p GET /dev/outbox/{id}/calendar.ics
p GET /a/{token}/manifest.webmanifest
p GET /t/{token}/manifest.webmanifest
p GET /static/{build}/{path:path}
"""

# Calls that a web process forwards to test rooms, which decide as a web process without them does.
FORWARDED = """
p GET /api:/tests/regions
p GET /api:/tests
p POST /api:/tests
p DELETE /api:/tests
t GET /api:/tests/{token}
t POST /api:/tests/{token}
t DELETE /api:/tests/{token}
t GET /api:/tests/{token}/{rest:path}
t POST /api:/tests/{token}/{rest:path}
t DELETE /api:/tests/{token}/{rest:path}
"""

SOCKETS = """
t WS /ws/ticket
p WS /ws/display
ai WS /ws/staff
a WS /ws/room
"""

# Commands on /ws/room: e everyone in the room, s staff only.
ROOM_COMMANDS = """
e join
e lobby_test
e leave
s admit
s hold
s return_to_lobby
s remove
s message
s agent_state
s call_back
s checklist
s show_document
e document_shown
s by_phone
s phone_number
s end
e description
e candidate
e candidates
e renew
e chat
e media_state
e quality
e sound_only
e consent
e ice_servers
e ack
e away
"""


def parse_rows(text: str) -> dict[str, str]:
    """Return the letters of each row."""
    return {row: access for access, row in (line.split(" ", 1) for line in text.strip().splitlines())}
