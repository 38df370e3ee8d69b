"""Finding key stores on this workstation, and reporting public facts about them."""
