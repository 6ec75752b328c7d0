#!/bin/sh
# Replace all processes of compose.yaml by those of another image, while the site is served. docs/containers.md
#   deploy/compose/upgrade.sh IMAGE          with docker: COMPOSE="docker compose" deploy/compose/upgrade.sh IMAGE
set -eu
cd "$(dirname "$0")/../.."
compose=${COMPOSE:-podman-compose}
image=${1:?name the image, such as localhost/office360:0.2.1}

replace() { $compose up --detach --no-deps "$@"; }
wait_until_ready() {
  tries=0
  until $compose exec -T "$1" python3 -c "import urllib.request as r; r.urlopen('http://127.0.0.1:8360/readyz')"; do
    tries=$((tries + 1))
    [ "$tries" -lt 60 ] || { echo "$1 does not get ready; the other web container still serves" >&2; exit 1; }
    sleep 2
  done 2>/dev/null
}

sed "s|^OFFICE360_IMAGE=.*|OFFICE360_IMAGE=$image|" .env > .env.next
grep -q '^OFFICE360_IMAGE=' .env.next || echo "OFFICE360_IMAGE=$image" >> .env.next
chmod 600 .env.next
mv .env.next .env
# The new processes wait until the database is migrated. The old web containers serve meanwhile.
replace migrate worker testroom
for web in web1 web2; do
  replace "$web"
  wait_until_ready "$web"
done
