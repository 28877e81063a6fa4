#!/bin/sh
# Draws the secrets of the compose file, each into a file of its own; those that are there already stay.
set -eu

folder=$(dirname "$0")/secrets
# Nobody but the owner may enter; the files are read by the users of several containers.
umask 077
mkdir -p "$folder"

draw() {
    head -c 32 /dev/urandom | base64 | tr -d '\n'
}

plain() {
    head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'
}

keep() {
    if [ ! -s "$folder/$1" ]; then
        printf '%s' "$2" >"$folder/$1"
        chmod 0444 "$folder/$1"
        printf 'made %s\n' "$folder/$1"
    fi
}

keep master_key "$(draw)"
keep database_password "$(plain)"
keep database_url "postgresql://vaultsecure:$(cat "$folder/database_password")@postgres/vaultsecure"
keep redis_password "$(plain)"
keep minio_secret_key "$(plain)"
keep metrics_token "$(plain)"

for name in tls.crt tls.key; do
    [ -s "$folder/$name" ] || printf 'put the certificate of your gallery there: %s\n' "$folder/$name"
done
