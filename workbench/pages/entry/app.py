"""The script that ``workbench app`` gives to Streamlit, in a folder of its own: Streamlit puts that folder on the path."""

from streamlit.starlette import App

from workbench.pages.router import show
from workbench.pages.shared.visitor import guards

if __name__ == "__main__":
    show()
else:  # Streamlit's server imports this file once, and then runs it for every page
    app = App(__file__, middleware=guards())
