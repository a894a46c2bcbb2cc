"""The app from a checkout: ``streamlit run app.py``. Installed, ``workbench app`` opens the same."""

from workbench.pages.router import show

if __name__ == "__main__":
    show()
