"""The same scenario under several protocols, side by side: tables, a page, CSV and a model."""
