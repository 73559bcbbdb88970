#!/bin/sh
# Boots a machine: boot.sh DIRECTORY NAME CGROUP PROGRAM UNITS. DIRECTORY is on a tmpfs and holds what the machine writes; below that it sees this machine's
# system. Run where mounts may be made. Its first process is systemd, with the units of UNITS and no others.
set -eu
disk=$1 name=$2 cgroup=$3 program=$4 units=$5
if [ "${6:-}" != inside ]; then
  mkdir -p "$cgroup" "$disk/upper" "$disk/work" "$disk/root"
  echo $$ > "$cgroup/cgroup.procs"
  exec unshare --fork --pid --mount --uts --ipc --net --cgroup --kill-child --propagation private sh "$0" "$disk" "$name" "$cgroup" "$program" "$units" inside
fi
root=$disk/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$disk/upper,workdir=$disk/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 run "$root/run"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mkdir -p "$root/opt/gossip"
mount --bind "$program" "$root/opt/gossip"
mount -o remount,bind,ro "$root/opt/gossip"
ln -sf /opt/gossip/bin/gossip "$root/usr/bin/gossip"
# Not below /usr/lib: what is mounted there takes from modules the root of their own.
mkdir -p "$root/run/test-units"
cp -r "$units/." "$root/run/test-units"
echo "$name" > "$root/etc/hostname"
cd "$root"
mkdir -p mnt/old
pivot_root . mnt/old
umount -l /mnt/old
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=test SYSTEMD_UNIT_PATH=/run/test-units SYSTEMD_PROC_CMDLINE= \
  /lib/systemd/systemd --unit=multi-user.target --log-target=console --show-status=no </dev/null
