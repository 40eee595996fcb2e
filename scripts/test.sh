# Runs every test project and adds up what they say.
run_tests() {
  local passed=0 failed=0 skipped=0 project name log code total errors fails skips unasked
  echo "Building ..."
  if ! dotnet build WebLab.sln -c Release -v q -nologo -clp:NoSummary; then
    echo "The build failed: no test ran."
    echo "0 passed, 1 failed, 0 skipped"
    return 1
  fi
  mkdir -p artifacts/tests
  for project in tests/*/*.Tests.csproj; do
    name=$(basename "$project" .csproj)
    log=artifacts/tests/$name.log
    echo "== $name"
    code=0
    timeout --kill-after=30 1500 dotnet "tests/$name/bin/Release/net10.0/$name.dll" -noLogo -noColor "$@" >"$log" 2>&1 </dev/null || code=$?
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
      grep -E 'Total: [0-9]+, Errors' "$log" | tail -1
    else
      fails=1
      failed=$((failed + 1))
      echo "$name ended with status $code before it counted its tests; that counts as one failure"
    fi
    [ "$fails" = 0 ] || tail -n 200 "$log"
  done
  echo "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
}
