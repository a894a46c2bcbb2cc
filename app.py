"""The app from a checkout: ``streamlit run app.py``. Installed, ``workbench app`` opens the same."""

from streamlit.starlette import App

from workbench.pages.router import show
from workbench.pages.shared.visitor import guards

if __name__ == "__main__":
    show()
else:  # Streamlit's server imports this file once, and then runs it for every page
    app = App(__file__, middleware=guards())
