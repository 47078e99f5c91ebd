"""The plugin, profile and folders of Wireshark."""
