"""Files that leave the house: CSV, Excel, PNG, PDF. No streamlit here."""
