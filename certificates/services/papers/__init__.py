"""Papers: drawing one up, noting its way, keeping its signed copy, handing it out."""
