#!/bin/sh
# Copy to /etc/letsencrypt/renewal-hooks/deploy/office360 on the machine of nginx, mode 0755.
# certbot runs it after each new certificate, with its folder in RENEWED_LINEAGE.
set -eu
to=/etc/ssl/office360
install -d -m 755 "$to"
install -m 644 "$RENEWED_LINEAGE/fullchain.pem" "$to/fullchain.pem"
install -m 600 "$RENEWED_LINEAGE/privkey.pem" "$to/privkey.pem"
nginx -t -q
systemctl reload nginx
