"""The script that ``workbench app`` gives to Streamlit, in a folder of its own: Streamlit puts that folder on the path."""

from workbench.pages.router import show

if __name__ == "__main__":
    show()
