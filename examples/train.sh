#!/usr/bin/env bash
# Trains by REST with curl alone: creates an experiment from a recipe, follows its events, prints the last accuracies.
#   export WEBLAB_URL=http://127.0.0.1:5080 WEBLAB_KEY=wl_...
#   examples/train.sh recipes/shapes32-pgd-at.json
set -euo pipefail

recipe=${1:?usage: examples/train.sh RECIPE.json [NAME]}
name=${2:-from curl}
api=${WEBLAB_URL:-http://127.0.0.1:5080}/api/v1
: "${WEBLAB_KEY:?make a key on the page 'API keys' and export it as WEBLAB_KEY}"

# The key goes through a file descriptor: an argument would show in the process list.
call() { curl --fail-with-body --silent --show-error --header @<(echo "Authorization: Bearer $WEBLAB_KEY") "$@"; }

# The address of what was made stands in the header Location; what was refused, and why, in the body.
answer=$(printf '{"name": "%s", "recipe": %s}' "$name" "$(cat "$recipe")" |
  call --include --header 'Content-Type: application/json' --header "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" --data @- \
    "$api/experiments") || { tail -n 1 <<<"$answer" >&2; exit 1; }
experiment=$(grep -i '^location:' <<<"$answer" | cut -d' ' -f2 | tr -d '\r')
run=$(call "${api%/api/v1}$experiment/runs" | grep -oE '"id":"[0-9a-f-]{36}"' | head -1 | cut -d'"' -f4)
echo "$experiment, run $run"

# Server-sent events; `?after=N` or the header Last-Event-ID goes on behind event N after a lost connection.
call --no-buffer --header 'Accept: text/event-stream' "$api/runs/$run/events" 2>/dev/null | while read -r line; do
  case $line in
    data:*'"type":"epochCompleted"'* | data:*'"type":"probeCompleted"'*) echo "${line#data: }" | grep -oE '"(epoch|train\.[a-zA-Z]+|probe\.[a-z0-9]+)":[0-9.]+' | tr '\n' ' '; echo ;;
    data:*'"to":"completed"'* | data:*'"to":"failed"'* | data:*'"to":"cancelled"'*) break ;;
  esac
done || true

# Rows follow the event log by a moment.
until call "$api/runs/$run" | grep -qE '"status":"(completed|failed|cancelled)"'; do sleep 1; done
call "$api/runs/$run" | grep -oE '"(status|cleanAccuracy|robustAccuracy|bestRobustAccuracy|bestCheckpointId)":("[^"]*"|[0-9.]+)'
