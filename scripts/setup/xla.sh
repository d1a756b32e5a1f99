# shellcheck shell=bash
# Set-up of the XLA plugins, for the CPU and for NVIDIA GPUs. Sourced, never run.

# XLA's fusions for YNNPACK compute wrong products of batches of matrices in the first of these; its kernels for single
# products of matrices are right, and fast. The package hands these flags to the plugin.
SINGLE_KERNELS=--xla_cpu_experimental_ynn_fusion_type=LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT

# plugin_wheels: wheel | its SHA-256 | the plugin's path in it | the plugin's SHA-256 | flags that it needs; none for other systems.
plugin_wheels() {
  case $(uname -sm) in
    "Linux x86_64")
      echo "lammps-jax-pjrt-cpu==0.11.2|1319390d948b39f69f7dade496b7c385149d9ca6097a6b62114da113216d9ad1|lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so|ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2|$SINGLE_KERNELS"
      echo "xla-cpu-pjrt==0.0.1|55837b6b7b47daa717f2d9a5a03563ea0ceaa338d06a81a1e2d3f060d960decc|xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so|88c3f28c5900f48ad4a82cab9e79bba9537809743395e341485f8794268820dc|"
      ;;
    "Linux aarch64") # manylinux_2_27_aarch64
      echo "xla-cpu-pjrt==0.0.1|8f613be6e891858f40d64f9799319502fff42689661944fc18a6ffd8210b30c9|xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so|fcf411f3e8ff635c2b2cf87215aa7016f460e66d236c3db08309e7486583532d|"
      ;;
  esac
}
PLUGIN_WHEELS=$(plugin_wheels)
by_gomlx() { [ "$(uname -sm)" = "Darwin arm64" ]; }
plugin_fits() { [ -n "$PLUGIN_WHEELS" ] || by_gomlx; }

# plugin_wheel: the line of the wheel that the installed plugin is from, verified.
plugin_wheel() {
  local line so_hash
  while read -r line; do
    so_hash=$(cut -d'|' -f4 <<<"$line")
    if [ -n "$line" ] && has_sha256 "$CPU_PLUGIN" "$so_hash"; then say "$line" && return; fi
  done <<<"$PLUGIN_WHEELS"
  return 1
}

# Hashing 200 MB takes a second: once verified, the stamp holds the sizes and times of the files.
plugin_stamp() { stat -c '%s %Y' "$CPU_PLUGIN" "${CPU_PLUGIN%/*}/xla_flags" 2>/dev/null && say "$PLUGIN_WHEELS"; }
plugin_there() { if by_gomlx; then [ -e "$CPU_PLUGIN" ]; else unchanged plugin "$(plugin_stamp)"; fi; }

# keep_flags WHEEL_LINE: the flags that a plugin needs, beside it. Before the plugin itself: it is never there without them.
keep_flags() {
  mkdir -p "${CPU_PLUGIN%/*}"
  cut -d'|' -f5 <<<"$1" >"${CPU_PLUGIN%/*}/xla_flags"
}

install_plugin() {
  if by_gomlx; then
    if (cd "$ROOT" && go run ./scripts/plugin "${CPU_PLUGIN%/*}"); then say "XLA for the CPU, by GoMLX's installer"; else without_plugin; fi
    return
  fi
  local line wheel hash member so_hash
  if line=$(plugin_wheel); then # it is only the stamp that does not fit
    keep_flags "$line"
    done_for plugin "$(plugin_stamp)"
    say "XLA for the CPU, verified again"
    return
  fi
  scratch
  while read -r line; do
    [ -n "$line" ] || continue
    IFS='|' read -r wheel hash member so_hash _ <<<"$line"
    say "$wheel --hash=sha256:$hash" >"$SCRATCH/requirements.txt"
    if "$PYTHON" -m pip download --quiet --timeout 15 --no-deps --only-binary :all: --require-hashes -d "$SCRATCH" -r "$SCRATCH/requirements.txt" &&
      "$PYTHON" "$ROOT/scripts/extract_member.py" "$SCRATCH"/*.whl "$member" >"$SCRATCH/plugin.so" &&
      has_sha256 "$SCRATCH/plugin.so" "$so_hash"; then
      rm -f "$CPU_PLUGIN"
      keep_flags "$line"
      mv "$SCRATCH/plugin.so" "$CPU_PLUGIN"
      done_for plugin "$(plugin_stamp)"
      say "XLA for the CPU, from $wheel"
      return
    fi
    rm -f "$SCRATCH"/*.whl
  done <<<"$PLUGIN_WHEELS"
  without_plugin
}

without_plugin() {
  if [ -f "$CPU_PLUGIN" ]; then
    say "not downloaded (see $LOGS/plugin.log): what is in ${CPU_PLUGIN%/*} is not verified"
  else
    say "not downloaded (see $LOGS/plugin.log): the pure-Go backend serves, many times slower"
  fi
}

cuda_stamp() { stamp_of "$ROOT/scripts/requirements-cuda.txt"; }
cuda_there() { unchanged cuda "$(cuda_stamp)" && [ -f "$CUDA_PLUGIN" ]; }

# The wheels in a folder of their own, the plugin where it finds the libraries beside it and under the name that GoMLX looks for.
install_cuda() {
  local folder=${CUDA_PLUGIN%/*/*} new
  new=$folder.new
  rm -rf "$new"
  "$PYTHON" -m pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$new" -r "$ROOT/scripts/requirements-cuda.txt"
  mv "$new/jax_plugins/xla_cuda13/xla_cuda_plugin.so" "$new${CUDA_PLUGIN#"$folder"}"
  rm -rf "$folder"
  mv "$new" "$folder"
  done_for cuda "$(cuda_stamp)"
  say "XLA for NVIDIA GPUs, $(du -sh "$folder" | cut -f1)"
}
