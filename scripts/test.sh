# Runs every test project and adds up what they say.

# Engine.Tests runs test after test, on one core; the others mostly wait for processes and the browser. So there are two rows, side by side.
run_tests() {
  local passed=0 failed=0 skipped=0 project name
  echo "Building ..."
  if ! dotnet build WebLab.sln -c Release -v q -nologo -clp:NoSummary; then
    echo "The build failed: no test ran."
    echo "0 passed, 1 failed, 0 skipped"
    return 1
  fi
  rm -rf artifacts/tests
  mkdir -p artifacts/tests
  local others=()
  for project in tests/*/*.Tests.csproj; do
    name=$(basename "$project" .csproj)
    [ "$name" = Engine.Tests ] || others+=("$name")
  done
  OMP_NUM_THREADS=1 run_row Engine.Tests -- "$@" &
  local row=$!
  trap 'kill "$row" 2>/dev/null' EXIT
  run_row "${others[@]}" -- "$@"
  wait "$row" || true
  trap - EXIT
  for name in Engine.Tests "${others[@]}"; do count_project "$name"; done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}

# run_row PROJECT... -- ARGUMENT...: one project after the other; what each says goes into artifacts/tests.
run_row() {
  local names=() name code
  while [ "$1" != -- ]; do names+=("$1"); shift; done
  shift
  for name in "${names[@]}"; do
    echo "== $name"
    code=0
    timeout --kill-after=30 1500 dotnet "tests/$name/bin/Release/net10.0/$name.dll" -noLogo -noColor "$@" >"artifacts/tests/$name.log" 2>&1 </dev/null || code=$?
    echo "$code" >"artifacts/tests/$name.code"
    grep -E 'Total: [0-9]+, Errors' "artifacts/tests/$name.log" | tail -1 || true
  done
}

# Adds a project's figures to those of run_tests, and shows the end of its log where something failed.
count_project() {
  local name=$1 log=artifacts/tests/$1.log code total errors fails skips unasked
  code=$(cat "artifacts/tests/$name.code" 2>/dev/null || echo "unknown")
  # xunit closes with: NAME  Total: 12, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 1.2s
  # Not run are those that only a person asks for, such as making the pictures of the README; they are in the total.
  if read -r total errors fails skips unasked < <(grep -E 'Total: [0-9]+, Errors: [0-9]+, Failed:' "$log" | tail -1 |
      sed -E 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/'); then
    total=$((total - unasked))
    fails=$((fails + errors))
    [ "$code" = 0 ] || [ "$fails" -gt 0 ] || fails=1
    passed=$((passed + total - skips - (fails < total ? fails : total)))
    failed=$((failed + fails))
    skipped=$((skipped + skips))
  else
    fails=1
    failed=$((failed + 1))
    echo "$name ended with status $code before it counted its tests; that counts as one failure"
  fi
  [ "$fails" = 0 ] || tail -n 200 "$log"
}
