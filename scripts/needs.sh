# What the machine must have, and how it gets it. One line a need:
#   group | name | Debian package | how to see that it is there
# Groups: build and run (./lab up), test (./lab test), bench (the comparison with plain Python).
needs() {
  cat <<'TABLE'
build | C++ compiler      | g++                  | command -v g++
build | cmake             | cmake                | command -v cmake
build | make              | make                 | command -v make
build | libtorch          | libtorch-dev         | has_libtorch
build | OpenCV            | libopencv-dev        | compgen -G '/usr/include/opencv4/opencv2/imgcodecs.hpp'
build | node              | nodejs               | command -v node
build | npm               | npm                  | command -v npm
build | certificates      | ca-certificates      | test -s /etc/ssl/certs/ca-certificates.crt
run   | BLAS (OpenBLAS)   | libopenblas0-pthread | [ -n "${WEBLAB_LIBTORCH:-}" ] || compgen -G '/usr/lib/*/openblas-pthread/libblas.so.3'
run   | SQLite            | libsqlite3-0         | has_library libsqlite3.so.0
run   | OpenSSL           | libssl3              | has_library libssl.so
test  | Chromium          | chromium-headless-shell | command -v chromium-headless-shell
test  | fonts             | fonts-liberation     | compgen -G '/usr/share/fonts/truetype/liberation*'
bench | Python's torch    | python3-torch        | /usr/bin/python3 -c 'import torch' || python3 -c 'import torch'
TABLE
}

has_library() { ldconfig -p 2>/dev/null | grep -q "$1" || compgen -G "/usr/lib/*/$1*" >/dev/null; }

has_libtorch() {
  if [ -n "${WEBLAB_LIBTORCH:-}" ]; then
    [ -d "$WEBLAB_LIBTORCH/include" ] && [ -d "$WEBLAB_LIBTORCH/lib" ]
  else
    compgen -G '/usr/include/torch/csrc/api/include/torch/version.h' && compgen -G '/usr/lib/*/libtorch.so'
  fi
}

trim() { local text=$1; text=${text#"${text%%[! ]*}"}; echo "${text%"${text##*[! ]}"}"; }

# each_need CALLBACK GROUP...: calls CALLBACK group name package check
each_need() {
  local callback=$1 group name package check; shift
  while IFS='|' read -r group name package check; do
    group=$(trim "$group")
    [[ " $* " == *" $group "* ]] || continue
    "$callback" "$group" "$(trim "$name")" "$(trim "$package")" "$(trim "$check")" </dev/null
  done < <(needs)
}

present() { eval "$1" >/dev/null 2>&1; }

missing_packages() {
  collect() { present "$4" || echo "$3"; }
  each_need collect "$@"
}

# The SDK is the one need that is not installed: how to get it differs too much between machines.
require_dotnet() {
  # The SDK itself wants ICU unless told otherwise; WebLab formats numbers and dates invariantly anyway.
  ldconfig -p 2>/dev/null | grep -q libicuuc || export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
  dotnet --version >/dev/null 2>&1 && return
  cat >&2 <<'TEXT'
The .NET 10 SDK is missing. Install it, then run this again:
  https://learn.microsoft.com/dotnet/core/install/linux-debian   (package dotnet-sdk-10.0)
  https://learn.microsoft.com/dotnet/core/tools/dotnet-install-script   (no root needed: --channel 10.0)
TEXT
  exit 69
}

system_id() { (. /etc/os-release 2>/dev/null && echo "${ID:-unknown} ${VERSION_ID:-}") || echo unknown; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" </dev/null
}

# install_needs GROUP...: installs what is missing, or says what to type and stops
install_needs() {
  local wanted
  if [ -n "${WEBLAB_LIBTORCH:-}" ] && ! has_libtorch >/dev/null; then
    echo "WEBLAB_LIBTORCH is '$WEBLAB_LIBTORCH', which has no include/ and lib/. Point it at an unpacked libtorch zip or at the torch folder of a pip install." >&2
    exit 78
  fi
  wanted=$(missing_packages "$@" | sort -u | tr '\n' ' ')
  if [ -n "$wanted" ]; then
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
      echo "Missing: $wanted" >&2
      echo "Install them as root, then run this again:" >&2
      install_command "$wanted" >&2
      exit 69
    fi
    echo "Installing: $wanted"
    apt_install update >/dev/null
    # shellcheck disable=SC2086 # a list of package names
    apt_install install -y --no-install-recommends $wanted | grep -E '^(Need to get|Setting up lib(torch|opencv-dev))' || true
    wanted=$(missing_packages "$@" | sort -u | tr '\n' ' ')
    if [ -n "$wanted" ]; then
      echo "Still missing after the installation: $wanted" >&2
      echo "Try by hand, its output tells why:" >&2
      install_command "$wanted" >&2
      exit 69
    fi
  fi
  require_dotnet
}

# install_command "PACKAGES": what a person types on this system
install_command() {
  local packages=$1
  case $(system_id) in
    "debian 12"*) echo "  apt-get update && apt-get install -y --no-install-recommends $packages" ;;
    "debian "*) echo "  apt-get update && apt-get install -y --no-install-recommends $packages   (untested on $(system_id))" ;;
    "ubuntu "*)
      echo "  apt-get update && apt-get install -y --no-install-recommends ${packages//libtorch-dev/}   (untested on $(system_id))"
      [[ $packages != *libtorch-dev* ]] || echo "  and unpack a libtorch zip (CPU or CUDA, cxx11 ABI) from pytorch.org, then: export WEBLAB_LIBTORCH=/path/to/libtorch   (untested)" ;;
    *) echo "  what your system calls: $packages   (untested on $(system_id))" ;;
  esac
}

doctor() {
  local absent=0 wanted
  line() { printf '%-9s %-18s %s\n' "$1" "$2" "$3"; }
  look() {
    if present "$4"; then
      line ok "$2" "$(version_of "$3")"
    else
      line missing "$2" "package $3 (for: $1)"
      case $1 in build | run) absent=1 ;; esac
    fi
  }
  line system "$(system_id)" "$(uname -m), $(nproc) cores, $(awk '/MemAvailable/ {printf "%.1f GiB memory free", $2 / 1048576}' /proc/meminfo)"
  [ "$(system_id)" = "debian 12" ] || line note "" "WebLab was tried on Debian 12 only; on this system it is untested"
  if command -v dotnet >/dev/null; then line ok ".NET SDK" "$(dotnet --version)"; else line missing ".NET SDK" "version 10, see the README"; absent=1; fi
  each_need look build run test bench
  if command -v nvidia-smi >/dev/null; then
    line ok "NVIDIA driver" "$(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader | tr '\n' ';')"
    [ -n "${WEBLAB_LIBTORCH:-}" ] || line note "" "a GPU is here, but Debian's libtorch is CPU only: set WEBLAB_LIBTORCH to a CUDA libtorch"
  else
    line note "NVIDIA driver" "none; training uses the CPU"
  fi
  line ok "data directory" "$WEBLAB_DATA ($(free_space))"
  wanted=$(missing_packages build run test bench | sort -u | tr '\n' ' ')
  if [ -n "$wanted" ]; then
    echo
    echo "To install what is missing, as root:"
    install_command "$wanted"
  fi
  [ ! -f "$app/weblab.dll" ] || { echo; engine doctor || absent=1; }
  return $absent
}

version_of() {
  if [ "$1" = libtorch-dev ] && [ -n "${WEBLAB_LIBTORCH:-}" ]; then
    echo "$(cat "$WEBLAB_LIBTORCH/build-version" "$WEBLAB_LIBTORCH/version.py" 2>/dev/null | head -1) at $WEBLAB_LIBTORCH"
  elif [ "$1" = nodejs ]; then node --version
  elif [ "$1" = npm ]; then npm --version 2>/dev/null
  else dpkg-query -W -f='${Version}' "$1" 2>/dev/null || echo "present, not from a package"
  fi
}

free_space() {
  local folder=$WEBLAB_DATA
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  df -h --output=avail "$folder" | tail -1 | awk '{print $1 " free"}'
}
