"""English."""

from typing import Final

from functions.installation.words import Words

WORDS: Final = Words(
    title="Install your phone app",
    intro="{tenant} has prepared a phone app for you.",
    choose="Choose your device:",
    none_fits="There is no package for this device ({platform}). On another one, choose:",
    none_at_all="There is no package yet. Please ask those who sent you this link.",
    too_old="This device is too old for the app",
    too_old_needs="The app needs {needs}. Use another device, or update this one if that is possible, or ask for help:",
    other_browser="This page was opened inside another app. If nothing is downloaded, choose “Open in browser” from "
    "its menu.",
    scan="Or scan this code with your phone's camera:",
    code="QR code with the address of this page",
    needs="{platform} {version} or later",
    next="After installing, open your activation link.",
    unknown_title="This link is not known",
    unknown="Check that it was copied whole, or ask those who sent it to you for a new one.",
    trust="{tenant} gives you this app directly, not through a store. So {platform} asks for your consent first:",
    download="Download",
    install="Install",
    file="Version {version}, {size} MB",
    sum="SHA-256 of the file:",
    steps={
        "apk": (
            "Tap “Download” below. If the browser warns of the file, choose “Download anyway”. Then open the file.",
            "Android does not know where it comes from: tap “Settings”, turn on “Allow from this source”, and go back.",
            "Tap “Install”. If Play Protect asks, choose “More details”, then “Install anyway”.",
        ),
        "ipa": (
            "Tap “Install” below, and “Install” again in the box. The app appears on the home screen.",
            "Go to Settings › General › VPN & Device Management, and tap the developer's name.",
            "Tap “Trust” (from iOS 18 on “Allow & Restart”). Now the app opens.",
        ),
        "msix": (
            "Click “Download” below, and open the file.",
            "Windows shows the app and its publisher. Check the name, and click “Install”.",
        ),
        "exe": (
            "Click “Download” below, and open the file. If the browser holds it back, choose “Keep”.",
            "Windows says “Windows protected your PC”: click “More info”.",
            "Click “Run anyway”, and follow the installer.",
        ),
        "dmg": (
            "Click “Download” below, open the file, and drag the app onto the folder Applications.",
            "Open the app. macOS refuses it the first time: click “Done”.",
            "Go to System Settings › Privacy & Security, scroll down, and click “Open Anyway”.",
        ),
        "pkg": (
            "Click “Download” below, and open the file.",
            "macOS refuses it the first time: click “Done”.",
            "Go to System Settings › Privacy & Security, scroll down, and click “Open Anyway”.",
        ),
        "deb": (
            "Click “Download” below, and open the file with the software centre.",
            "Click “Install”, and type your password.",
        ),
        "appimage": (
            "Click “Download” below. Then open the file's properties with a right click.",
            "Under “Permissions” allow it to run as a program. Now open the file.",
        ),
    },
)
