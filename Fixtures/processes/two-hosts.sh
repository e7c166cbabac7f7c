# Two hosts, `left` and `right`, in a network of their own: they are namespaces without a name, which end with this script
# and leave nothing behind. To be run in namespaces of its own for network, host name, mounts and processes.
#
# two-hosts.sh FOLDER PYTHON LETHE DATA: trains FOLDER/base.h5 on both by torchrun, cuts the link between them in
# FOLDER/run's second epoch, waits until both have ended, mends the link and goes on for two epochs.
set -eu
folder=$1 python=$2 lethe=$3 data=$4
printf '127.0.0.1 localhost\n10.77.0.1 left\n10.77.0.2 right\n' >"$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts
hostname left
ip link set lo up
unshare --net --uts sh -c 'hostname right; ip link set lo up; exec sleep 600' &
right=$!
on_right() { nsenter --target "$right" --net --uts "$@"; }
until [ "$(on_right hostname)" = right ]; do sleep 0.1; done
ip link add toright type veth peer name toleft netns "$right"
ip addr add 10.77.0.1/24 dev toright
ip link set toright up
on_right ip addr add 10.77.0.2/24 dev toleft
on_right ip link set toleft up
export OMP_NUM_THREADS=1

# begin NAME LETHE'S ARGUMENTS…: on both hosts, what they say into files of that name.
begin() {
  name=$1
  shift
  set -- "$python" -m torch.distributed.run --no-python --nnodes 2 --nproc-per-node 1 --rdzv-backend c10d \
    --rdzv-endpoint left:29500 --rdzv-id "$name" "$lethe" "$@"
  "$@" >"$folder/$name-left.out" 2>"$folder/$name-left.err" &
  first=$!
  on_right "$@" >"$folder/$name-right.out" 2>"$folder/$name-right.err" &
  second=$!
}

run=$folder/run
begin cut train "$folder/base.h5" --data "$data" --epochs 100000 --quiet --process-timeout 5 -o "$run"
until [ -e "$run/checkpoints/epoch-0002.h5" ]; do sleep 0.05; done
ip link set toright down
for side in left right; do
  until grep -q '^lethe: ' "$folder/cut-$side.err"; do sleep 0.1; done
done
# The launchers themselves would look for one another for minutes.
kill -KILL "$first" "$second" 2>/dev/null || true
wait "$first" "$second" || true
ip link set toright up

status=0
"$lethe" verify "$run" >/dev/null 2>&1 || status=$?
echo "$status" >"$folder/verified"
last=$(ls "$run/checkpoints" | sed -n 's/^epoch-0*\([0-9][0-9]*\)\.h5$/\1/p' | sort -n | tail -1)
echo "$last" >"$folder/epochs"
begin again train --resume "$run" --epochs $((last + 2)) --quiet
wait "$first"
wait "$second"
