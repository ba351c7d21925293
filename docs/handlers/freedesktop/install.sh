#!/bin/sh
# Makes the program in the .desktop file beside this one the one that opens provisioning files, for this user.
# Needs shared-mime-info and libglib2.0-bin (Debian's names).
set -eu
here=$(dirname "$0")
data=${XDG_DATA_HOME:-$HOME/.local/share}
type=application/vnd.privategsm.provisioning+xml
handler=dialready-reference-client.desktop

mkdir -p "$data/mime/packages" "$data/applications"
cp "$here/privategsm-provisioning.xml" "$data/mime/packages/"
cp "$here/$handler" "$data/applications/"
update-mime-database "$data/mime"
gio mime "$type" "$handler"
