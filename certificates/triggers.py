"""The one form of a trigger's function, which runs as the tables' owner, as SQL of migrations."""

SETTINGS = "SET search_path = pg_catalog, public, pg_temp"
"""So that nobody slips objects of their own under the names that an owner's function uses."""


def trigger_function(name: str, body: str, settings: str = SETTINGS) -> str:
    """Return the statements that create a trigger's function of `body`, and let nobody call it otherwise."""
    return f"""
            CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER {settings} AS $$
            BEGIN {body}
                RETURN NULL;
            END $$;
            REVOKE ALL ON FUNCTION {name}() FROM PUBLIC;"""
