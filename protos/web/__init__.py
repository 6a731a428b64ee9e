"""The frame of every page: layout, language, security headers, local assets."""
