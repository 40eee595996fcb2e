# The state of some sources, as one sum.
sources_stamp() {
  local files=("$@" Directory.Build.props Directory.Packages.props BannedSymbols.txt .editorconfig global.json)
  {
    echo "libtorch ${WEBLAB_LIBTORCH:-system}"
    if git rev-parse --is-inside-work-tree >/dev/null 2>&1; then
      git ls-files -z --cached --others --exclude-standard -- "${files[@]}"
    else
      find "${files[@]}" -type f -not -path '*/bin/*' -not -path '*/obj/*' -not -path '*/node_modules/*' -not -path '*/wwwroot/lib/*' -print0
    fi | sort -z | xargs -0 -r sha256sum 2>/dev/null || true
  } | sha256sum | cut -d' ' -f1
}

# Builds the program into artifacts/app, once per state of the sources.
build_app() {
  local stamp
  stamp=$(sources_stamp src recipes)
  if [ -f "$app/WebLab.Web.dll" ] && [ "$(cat artifacts/app.stamp 2>/dev/null)" = "$stamp" ]; then return; fi
  echo "Building (a few minutes the first time) ..."
  rm -f artifacts/app.stamp
  dotnet publish src/Web -c Release -o "$app" -v q -nologo -clp:NoSummary
  echo "$stamp" >artifacts/app.stamp
}

# The same for the command line that talks to a server; it needs neither libtorch nor the rest. What is built is no part of what it prints.
build_remote() {
  local stamp
  stamp=$(sources_stamp src/Remote)
  if [ -f "$remote/weblab-remote.dll" ] && [ "$(cat artifacts/remote.stamp 2>/dev/null)" = "$stamp" ]; then return; fi
  echo "Building ..." >&2
  rm -f artifacts/remote.stamp
  dotnet publish src/Remote -c Release -o "$remote" -v q -nologo -clp:NoSummary >&2
  echo "$stamp" >artifacts/remote.stamp
}
