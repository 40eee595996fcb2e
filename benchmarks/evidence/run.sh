#!/bin/sh
# Trains the narrow networks of benchmarks/results/evidence.md, looks into them and checks the figures by plain PyTorch.
# usage: run.sh DATA OUT [RECIPE ...]     DATA holds the data set cifar10; about an hour on two idle cores
set -eu
mkdir -p "$2"
data=$(realpath "$1") out=$(realpath "$2") here=$(realpath "$(dirname "$0")")
shift 2
cd "$here/../.."
weblab="${WEBLAB_ENGINE:-./lab engine}"
[ $# -gt 0 ] || set -- standard pgd-at again advprop mixed-joint mixed-separate afa l-alfa

for name in "$@"; do
  $weblab train "$here/$name.json" --data "$data" --out "$out/$name" --threads 1
  checkpoint="$out/$name/checkpoints/$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["names"]["last"])' "$out/$name/checkpoints/kept.json")"
  [ "$name" != l-alfa ] || continue
  limit=2000 masks=
  [ "$name" != afa ] || limit=500
  [ "$name" != again ] || masks="--lens masks"
  # shellcheck disable=SC2086
  $weblab inspect "$checkpoint" --dataset cifar10 --data "$data" --limit $limit --lens banks --lens attribution-span $masks --out "$out/$name-banks" --threads 1
  $weblab inspect "$checkpoint" --dataset cifar10 --data "$data" --limit 256 --lens feature-statistics --out "$out/$name-statistics" --threads 1
  python3 "$here/check.py" "$checkpoint" "$out/$name-banks" "$data"/datasets/cifar10/*/
done
