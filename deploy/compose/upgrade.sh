#!/bin/sh
# Replace all processes of compose.yaml by those of another image, while the site is served. docs/containers.md
#   deploy/compose/upgrade.sh IMAGE          with docker: COMPOSE="docker compose" deploy/compose/upgrade.sh IMAGE
set -eu
umask 077
cd "$(dirname "$0")/../.."
compose=${COMPOSE:-podman-compose}
image=${1:?name the image, such as localhost/office360:0.2.1}
case $compose in docker*) engine=docker ;; *) engine=podman ;; esac
former=$(sed -n 's/^OFFICE360_IMAGE=//p' .env)

# compose would build this folder under the name of an image that does not exist
$engine image inspect "$image" > /dev/null 2>&1 || $engine pull "$image"

replace() { $compose up --detach --no-deps "$@"; }
# Caddy cannot send a request with a body again, so it must send none to a container that stops.
send_requests_to() {
  upstream=$(printf '%s:8360 ' "$@")
  $compose exec -T -e OFFICE360_UPSTREAM="$upstream" proxy \
    caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile 2> /dev/null
}
is_ready() {
  $compose exec -T "$1" python3 -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8360/readyz')" 2> /dev/null
}
wait_until_ready() {
  tries=0
  until is_ready "$1"; do
    tries=$((tries + 1))
    if [ "$tries" -ge 60 ]; then
      echo "$1 does not get ready: $compose logs $1. The other web container serves alone." >&2
      exit 1
    fi
    sleep 2
  done
}

sed "s|^OFFICE360_IMAGE=.*|OFFICE360_IMAGE=$image|" .env > .env.next
grep -q '^OFFICE360_IMAGE=' .env.next || echo "OFFICE360_IMAGE=$image" >> .env.next
mv .env.next .env
echo "From ${former:-the image of compose.yaml} to $image"
# The new processes wait until the database is migrated. The old web containers serve meanwhile.
replace migrate worker testroom
send_requests_to web2
replace web1
wait_until_ready web1
send_requests_to web1
replace web2
wait_until_ready web2
send_requests_to web1 web2
