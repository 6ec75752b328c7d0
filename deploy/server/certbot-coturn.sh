#!/bin/sh
# Copy to /etc/letsencrypt/renewal-hooks/deploy/office360 on the machine of the relay, mode 0755.
# certbot runs it after each new certificate, with its folder in RENEWED_LINEAGE.
set -eu
to=/etc/ssl/office360
install -d -m 755 "$to"
# coturn reads both as its own user
install -m 644 "$RENEWED_LINEAGE/fullchain.pem" "$to/turn-fullchain.pem"
install -m 640 -g turnserver "$RENEWED_LINEAGE/privkey.pem" "$to/turn-privkey.pem"
# SIGUSR2 loads the files again; a restart would end every relayed call
systemctl kill --kill-whom=main --signal=USR2 coturn
