#!/bin/bash
# Shows that converted media start: builds media of several kinds, converts each to a disk, and starts the disks in
# emulation (TCG, virtio-blk) under BIOS and UEFI firmware until they say so on the serial console.
#
# boot.sh DIRECTORY [KIND...]     builds, converts and boots below DIRECTORY; all kinds where none is named
#
# Environment (all but KERNEL have defaults):
#   KERNEL     what `dpkg -x` made of a Debian kernel package: boot/vmlinuz-*, lib/modules/* (6.1 or later, modules .ko)
#   CONVERT    a program and its options, to be followed by the medium and the disk; default `bootworthy convert -O qcow2`
#   QEMU       qemu-system-x86_64 and its options, such as -L
#   OVMF       UEFI firmware, one file with its variables; default /usr/share/ovmf/OVMF.fd
#   LOGS       where the consoles are written to, a file a boot; default DIRECTORY/logs
#   TIMEOUT    seconds for one boot; default 300
#   EXTRA      more media, one a line: PATH FIRMWARE(bios|uefi) MARKER(an extended regular expression)
#
# Debian packages: xorriso grub-common grub-pc-bin grub-efi-amd64-bin mtools isolinux syslinux-common syslinux-utils
# genisoimage busybox-static cpio gdisk fdisk util-linux qemu-system-x86 ovmf seabios; a kernel such as
# linux-image-cloud-amd64, unpacked and not installed.
#
# Kinds of media, and what must become of them:
#   rescue     grub-mkrescue: hybrid for both         the same bytes; starts under both
#   uefi       El Torito for UEFI, nothing hybrid     a GPT is added; starts under UEFI
#   udf        the same beside a UDF volume           a GPT is added; starts under UEFI
#   isolinux   isolinux, isohybrid                    the same bytes; starts under BIOS
#   mixed      isolinux, isohybrid, El Torito UEFI    starts under both as it is
#   bios       isolinux, not hybrid                   refused
# Exit code: 0 if all that must start did, and what must be refused was.
set -euo pipefail

work=${1:?"usage: boot.sh DIRECTORY [KIND...]"}
shift
kinds=${*:-rescue uefi udf isolinux mixed bios}
started=$(date +%s)
: "${KERNEL:?the directory of an unpacked kernel package}"
: "${CONVERT:=bootworthy convert -O qcow2}" "${QEMU:=qemu-system-x86_64}" "${OVMF:=/usr/share/ovmf/OVMF.fd}"
: "${TIMEOUT:=300}" "${EXTRA:=}"
mkdir -p "$work"
work=$(cd "$work" && pwd)
: "${LOGS:=$work/logs}"
mkdir -p "$LOGS"
marker=BOOTWORTHY-MEDIA-STARTED
failed=0

fail() {
    echo "FAILED: $*"
    failed=1
}

# An initramfs that looks for the medium by its label on the whole disk, as live systems do, and says what it found.
initramfs() {
    root=$work/initramfs
    mkdir -p "$root/bin" "$root/modules"
    cp "$(command -v busybox)" "$root/bin/busybox"
    modules=
    for name in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk cdrom isofs fat \
        vfat nls_cp437 nls_ascii; do
        file=$(find "$KERNEL/lib/modules" -name "$name.ko" | head -n 1)
        if [ -n "$file" ]; then
            cp "$file" "$root/modules/"
            modules="$modules $name"
        fi
    done
    cat >"$root/init" <<END
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /medium /esp
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
for name in$modules; do insmod /modules/\$name.ko; done
for i in 1 2 3 4 5 6 7 8 9 10; do [ -b /dev/vda ] && break; sleep 1; done
cat /proc/partitions
label=\$(dd if=/dev/vda bs=1 skip=32808 count=10 2>/dev/null)
[ "\$label" = BOOTWORTHY ] && mount -t iso9660 -o ro /dev/vda /medium && text=\$(cat /medium/marker.txt) && umount /medium
for part in /dev/vda?*; do
    mount -t vfat -o ro,iocharset=ascii \$part /esp 2>/dev/null || continue
    [ -e /esp/EFI/BOOT/BOOTX64.EFI ] && echo "EFI system partition: \$part"
    umount /esp
done
[ -n "\$text" ] && echo "$marker: \$text, read from /dev/vda, label \$label"
sync
poweroff -f
END
    chmod 755 "$root/init"
    (cd "$root" && find . | cpio --quiet -o -H newc) | gzip >"$work/initrd"
}

# What lies on the media: kernel, initramfs, the text that proves that the volume is readable.
tree() {
    mkdir -p "$work/$1"
    cp "$KERNEL"/boot/vmlinuz-* "$work/$1/vmlinuz"
    cp "$work/initrd" "$work/$1/initrd"
    echo "a $1 medium" >"$work/$1/marker.txt"
}

# A FAT image with a GRUB that looks for the volume by its label and loads the kernel from it.
efi_image() {
    cat >"$work/grub.cfg" <<END
search --no-floppy --label --set=root BOOTWORTHY
echo "GRUB was started from \$cmdpath and found the volume on \$root"
linux /vmlinuz console=ttyS0 panic=-1
initrd /initrd
boot
END
    grub-mkstandalone -O x86_64-efi -o "$work/bootx64.efi" --themes= --locales= --fonts= \
        --modules="part_gpt part_msdos iso9660" --install-modules="search search_label iso9660 udf part_gpt part_msdos linux normal echo" \
        "boot/grub/grub.cfg=$work/grub.cfg" 2>/dev/null
    rm -f "$1"
    mkfs.fat -C "$1" 8192 >/dev/null
    mmd -i "$1" ::EFI ::EFI/BOOT
    mcopy -i "$1" "$work/bootx64.efi" ::EFI/BOOT/BOOTX64.EFI
}

isolinux() {
    mkdir -p "$work/$1/isolinux"
    cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/$1/isolinux/"
    cat >"$work/$1/isolinux/isolinux.cfg" <<END
serial 0 115200
default linux
prompt 0
label linux
  kernel /vmlinuz
  append initrd=/initrd console=ttyS0 panic=-1
END
}


# Writes the medium of a kind to KIND.iso.
build() {
    local kind=$1 tree=$work/$1 iso=$work/$1.iso
    local emulation="-no-emul-boot -boot-load-size 4 -boot-info-table"
    local bios="-b isolinux/isolinux.bin -c isolinux/boot.cat $emulation"
    local all=(-quiet -V BOOTWORTHY -J -r -o "$iso")
    rm -rf "$iso" "$tree"
    tree "$kind"
    case $kind in uefi | udf | mixed) efi_image "$tree/efi.img" ;; esac
    case $kind in isolinux | mixed | bios) isolinux "$kind" ;; esac
    # shellcheck disable=SC2086
    case $kind in
    rescue) rescue "$tree" "$iso" ;;
    uefi) xorriso -as mkisofs "${all[@]}" -e efi.img -no-emul-boot "$tree" ;;
    udf) genisoimage "${all[@]}" -udf -c boot.cat -e efi.img -no-emul-boot "$tree" ;;
    isolinux) genisoimage "${all[@]}" $bios "$tree" && isohybrid "$iso" ;;
    mixed)
        xorriso -as mkisofs "${all[@]}" -isohybrid-mbr /usr/lib/ISOLINUX/isohdpfx.bin $bios \
            -eltorito-alt-boot -e efi.img -no-emul-boot "$tree"
        ;;
    bios) genisoimage "${all[@]}" $bios "$tree" ;;
    *) echo "no kind of media is called $kind" && exit 2 ;;
    esac >"$work/$kind.build.log" 2>&1
}

rescue() {
    mkdir -p "$1/boot/grub"
    cat >"$1/boot/grub/grub.cfg" <<'END'
serial --unit=0 --speed=115200
terminal_output serial
echo "GRUB was started from $cmdpath $root"
linux /vmlinuz console=ttyS0 panic=-1
initrd /initrd
boot
END
    grub-mkrescue -o "$2" "$1" -- -volid BOOTWORTHY
}

# Converts a medium and looks at the disk with other programs: the tables are valid, and the volume is on the disk.
convert() {
    local iso=$1 disk=$2
    $CONVERT "$iso" "$disk" || return 1
    qemu-img convert -O raw "$disk" "$disk.raw"
    local size
    size=$(stat -c %s "$iso")
    if cmp -s "$iso" "$disk.raw"; then
        echo "  the disk has the same bytes as the medium"
    else
        echo "  $(cmp -n "$size" -l "$iso" "$disk.raw" | wc -l) bytes of the medium's $size differ in the disk"
        { sgdisk -v "$disk.raw" && sfdisk --verify "$disk.raw" && sfdisk -l "$disk.raw" && blkid -p "$disk.raw"; } \
            >"$LOGS/$(basename "$disk").tables.log" 2>&1 || fail "the tables of $disk are not valid"
        grep -h "No problems found\|No errors detected" "$LOGS/$(basename "$disk").tables.log" | sed 's/^/  /'
    fi
    isoinfo -d -i "$disk.raw" | grep "^Volume id:" | sed 's/^/  /'
    rm -f "$disk.raw"
}

# A copy whose El Torito boot record is erased. Some UEFI firmware, OVMF's among it, follows the boot catalogue on a disk
# too; other knows partitions only, and must find the one that was added.
without_catalogue() {
    local disk=$1 copy=$2 at
    qemu-img convert -O raw "$disk" "$copy"
    at=$(grep -abo -m 1 "CD001.EL TORITO SPECIFICATION" "$copy" | cut -d : -f 1)
    dd if=/dev/zero of="$copy" bs=1 seek=$((at + 6)) count=100 conv=notrunc status=none
}

# Boots a disk until the marker appears on the console.
boot() {
    local disk=$1 firmware=$2 pattern=$3 log=$LOGS/$(basename "$1").$2.log options=() format=raw
    [ "$firmware" = uefi ] && options=(-bios "$OVMF")
    [ "${disk##*.}" = qcow2 ] && format=qcow2
    # shellcheck disable=SC2086
    timeout "$TIMEOUT" $QEMU -accel tcg -m 512 -nographic -no-reboot -net none "${options[@]}" \
        -drive "file=$disk,format=$format,if=virtio,snapshot=on" </dev/null >"$log" 2>&1 &
    local pid=$! begun line
    begun=$(date +%s)
    while kill -0 $pid 2>/dev/null && ! grep -aqE "$pattern" "$log"; do sleep 1; done
    sleep 1
    kill $pid 2>/dev/null || true
    wait $pid 2>/dev/null || true
    if line=$(grep -aoE "$pattern.*" "$log" | tr -d '\r' | tr -c '[:print:]\n' ' ' | cut -c 1-120 | head -n 1) && [ -n "$line" ]; then
        echo "  $(basename "$disk") started with $firmware in $(($(date +%s) - begun - 1)) s: $line"
        grep -ao "GRUB was started from.*" "$log" | tr -d '\r' | sed 's/^/    /' || true
    else
        fail "$disk did not start with $firmware; see $log"
    fi
}

try() {
    local kind=$1 disk=$work/$1.qcow2
    echo "$kind"
    build "$kind" || { fail "$kind was not built; see $work/$kind.build.log"; return; }
    rm -f "$disk"
    if [ "$kind" = bios ]; then
        if convert "$work/$kind.iso" "$disk"; then fail "bios was converted"; else echo "  refused, as it must be"; fi
        return
    fi
    convert "$work/$kind.iso" "$disk" || { fail "$kind was not converted"; return; }
    case $kind in rescue | isolinux | mixed) boot "$disk" bios "$marker: a $kind medium" ;; esac
    case $kind in rescue | uefi | udf | mixed) boot "$disk" uefi "$marker: a $kind medium" ;; esac
    case $kind in uefi | udf)
        without_catalogue "$disk" "$work/$kind-partition-only.raw"
        boot "$work/$kind-partition-only.raw" uefi "$marker: a $kind medium"
        rm "$work/$kind-partition-only.raw"
        ;;
    esac
}

initramfs
for kind in $kinds; do try "$kind"; done
while read -r path firmware pattern; do
    [ -n "$path" ] || continue
    echo "$path"
    disk=$work/$(basename "$path").qcow2
    rm -f "$disk"
    convert "$path" "$disk" && boot "$disk" "$firmware" "$pattern"
done <<<"$EXTRA"
echo "$(($(date +%s) - started)) s"
exit $failed
