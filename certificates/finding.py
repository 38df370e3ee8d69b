"""By which words certificates are found, as migration operations.

A certificate is found by any word, or beginning of a word, of its names, numbers and fingerprints, and of what stands
beside it: machines, paths, tags, notes, who cares for it. The words stand in a table of their own with one GIN index.
Each is preceded by a mark of its organisation, so that a tenant's question touches its own part of the index only.
Triggers keep them, in one statement for all rows that were written at once.

The operator `@@` tells its caller too much to be let below row-level security, so the planner would leave the index
aside: a function of the owner's asks it, for one organisation that the transaction has named, and returns ids only.
"""

from django.db.migrations.operations import RunSQL

from certificates.triggers import SETTINGS, trigger_function
from organisations.row_security import NAMED, private_condition

FOUND = "ehportal_certificates_found"
SEPARATORS = " .,:;=/\\\\-_()[]{}<>\"''+*#&@!?|~^%$`\t\r\n"
"""What stands between words, as an escaped SQL string."""
LONGEST, MOST_WORDS, TYPED = 64, 400, 12
"""Characters a word that are kept, words a certificate, words that are looked for."""

CERTIFICATE_SAYS = (
    "concat_ws(' ', {row}.search_text, {row}.subject, {row}.issuer, {row}.identifier_type, {row}.identifier_value,"
    " {row}.application_id, {row}.serial, {row}.fingerprint, {row}.public_key_identifier, {row}.key_algorithm)"
)
BESIDE_SAYS = (
    ("SELECT string_agg(concat_ws(' ', machine, path, package), ' ') FROM certificates_installation"
     " WHERE gone_at IS NULL AND"),
    "SELECT string_agg(text, ' ') FROM certificates_tag WHERE",
    "SELECT string_agg(text, ' ') FROM certificates_note WHERE",
    ("SELECT string_agg(concat_ws(' ', account.full_name, account.email), ' ')"
     " FROM certificates_carer JOIN organisations_user AS account ON account.id = user_id WHERE"),
)  # fmt: skip
BESIDE = ("certificates_installation", "certificates_tag", "certificates_note", "certificates_carer")


def _entry(row: str, said: str) -> str:
    return f"{row}.id, {row}.organisation_id, {row}.private_to_id, ehportal_lexemes({row}.organisation_id, {said})"


def _held(certificates: str) -> str:
    """Return the statement that holds the entries of `certificates`, a query of ids, before their words are read anew.

    Of two who write beside one certificate the later one waits here, and then reads what the first has written.
    """
    return f"""
                PERFORM 1 FROM certificates_searchentry WHERE certificate_id IN ({certificates})
                    ORDER BY certificate_id FOR UPDATE;"""  # names of ours


def entries_of(rows: str) -> str:
    """Return the statement that writes the entries of `rows`, a table of certificates, anew."""
    certificate = CERTIFICATE_SAYS.format(row="one")
    beside = ", ".join(f"({query} certificate_id = one.id)" for query in BESIDE_SAYS)
    return f"""
                INSERT INTO certificates_searchentry (certificate_id, organisation_id, private_to_id, words)
                    SELECT {_entry("one", f"concat_ws(' ', {certificate}, {beside})")}
                    FROM {rows} AS one ORDER BY one.id
                ON CONFLICT (certificate_id) DO UPDATE
                    SET private_to_id = excluded.private_to_id, words = excluded.words
                    WHERE certificates_searchentry.words <> excluded.words
                        OR certificates_searchentry.private_to_id IS DISTINCT FROM excluded.private_to_id;"""  # noqa: S608  # names of ours


def words_of_texts() -> RunSQL:
    """Create what makes words of a text: lower case, without accents, cut where no letter or digit stands."""
    return RunSQL(
        sql=f"""
            CREATE FUNCTION ehportal_words(said text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT DISTINCT left(word, {LONGEST}) FROM string_to_table(translate(
                    CASE WHEN said ~ '^[\\x01-\\x7f]*$' THEN lower(said)
                        ELSE regexp_replace(lower(normalize(said, NFKD)), U&'[\\0300-\\036f]', '', 'g') END,
                    E'{SEPARATORS}', repeat(' ', length(E'{SEPARATORS}'))), ' ') AS word WHERE word <> ''
            $$;
            CREATE FUNCTION ehportal_mark(organisation uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT left(replace(organisation::text, '-', ''), 10) || ':'
            $$;
            CREATE FUNCTION ehportal_lexemes(organisation uuid, said text) RETURNS tsvector
                LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT array_to_tsvector(coalesce(array_agg(ehportal_mark(organisation) || word), '{{}}'))
                FROM (SELECT word FROM ehportal_words(said) AS word LIMIT {MOST_WORDS}) AS words
            $$;
        """,  # noqa: S608  # names of ours
        reverse_sql="""
            DROP FUNCTION ehportal_lexemes(uuid, text);
            DROP FUNCTION ehportal_mark(uuid);
            DROP FUNCTION ehportal_words(text);
        """,
    )


FREQUENT = "=,\\.-:/"
"""Separators that stand in most names; each is looked for by itself, which costs a fraction of looking for all."""
OTHERS = "[;_()\\\\[\\\\]{}<>\"''+*#&@!?|~^%$`\t\r\n]"
"""The rest of `SEPARATORS`, as a regular expression in an escaped SQL string."""


def lexemes_at_once() -> RunSQL:
    """Make the lexemes of a text as one array, in place of one word after the other.

    They are the same. A text with more words than are kept, or with one that is too long, goes the long way.
    """
    frequent = "plain"
    for one in FREQUENT:
        frequent = f"replace({frequent}, '{one}', ' ')"
    longer = f"""
                SELECT array_to_tsvector(coalesce(array_agg(ehportal_mark(organisation) || word), '{{}}'))
                FROM (SELECT word FROM ehportal_words(said) AS word LIMIT {MOST_WORDS}) AS words"""  # noqa: S608  # names of ours
    return RunSQL(
        sql=f"""
            CREATE OR REPLACE FUNCTION ehportal_lexemes(organisation uuid, said text) RETURNS tsvector
                LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
            DECLARE
                mark text := ehportal_mark(organisation);
                plain text := CASE WHEN octet_length(said) = length(said) THEN lower(said)
                    ELSE regexp_replace(lower(normalize(said, NFKD)), U&'[\\0300-\\036f]', '', 'g') END;
                words text[];
            BEGIN
                plain := {frequent};
                IF plain ~ E'{OTHERS}' THEN
                    plain := translate(plain, E'{SEPARATORS}', repeat(' ', length(E'{SEPARATORS}')));
                END IF;
                words := array_remove(string_to_array(mark || replace(plain, ' ', ' ' || mark), ' '), mark);
                IF cardinality(words) > {MOST_WORDS} OR plain ~ '[^ ]{{{LONGEST + 1}}}' THEN
                    RETURN ({longer});
                END IF;
                RETURN array_to_tsvector(words);
            END $$;
        """,
        reverse_sql=f"""
            CREATE OR REPLACE FUNCTION ehportal_lexemes(organisation uuid, said text) RETURNS tsvector
                LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ {longer}
            $$;
        """,
    )


def kept_findable() -> RunSQL:
    """Create the triggers that write the words of certificates and of what stands beside them."""
    added = f"""
                INSERT INTO certificates_searchentry (certificate_id, organisation_id, private_to_id, words)
                    SELECT {_entry("one", CERTIFICATE_SAYS.format(row="one"))} FROM added AS one
                ON CONFLICT (certificate_id) DO NOTHING;"""  # noqa: S608  # names of ours
    changed = _held("SELECT NEW.id") + entries_of("(SELECT NEW.*)")
    gone = """
                DELETE FROM certificates_searchentry WHERE certificate_id = OLD.id;"""
    watched = ("search_text", "subject", "issuer", "identifier_type", "identifier_value", "application_id", "serial",
               "fingerprint", "public_key_identifier", "key_algorithm", "private_to_id")  # fmt: skip
    differs = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in watched)
    touched = "(SELECT * FROM certificates_certificate WHERE id IN (SELECT certificate_id FROM {rows}))"
    beside = [
        trigger_function(
            f"ehportal_beside_{when}",
            _held(f"SELECT certificate_id FROM {rows}") + entries_of(touched.format(rows=rows)),  # noqa: S608  # ours
        )
        for when, rows in (
            ("added", "added"),
            ("gone", "gone"),
            (
                "changed",
                "(SELECT certificate_id FROM gone UNION SELECT certificate_id FROM added) AS both_of_them",
            ),
        )
    ]
    triggers = [
        f"""
            CREATE TRIGGER findable_{when} AFTER {event} ON {table} REFERENCING {tables}
                FOR EACH STATEMENT EXECUTE FUNCTION ehportal_beside_{when}();"""
        for table in BESIDE
        for when, event, tables in (
            ("added", "INSERT", "NEW TABLE AS added"),
            ("gone", "DELETE", "OLD TABLE AS gone"),
            ("changed", "UPDATE", "OLD TABLE AS gone NEW TABLE AS added"),
        )
    ]
    cared_for = "certificates_carer WHERE user_id = NEW.id"
    renamed = _held(f"SELECT certificate_id FROM {cared_for}") + entries_of(touched.format(rows=cared_for))  # noqa: S608  # ours
    return RunSQL(
        sql=f"""
            {trigger_function("ehportal_carer_renamed", renamed)}
            CREATE TRIGGER findable_renamed AFTER UPDATE OF full_name, email ON organisations_user
                FOR EACH ROW WHEN (OLD.full_name <> NEW.full_name OR OLD.email <> NEW.email)
                EXECUTE FUNCTION ehportal_carer_renamed();
            {trigger_function("ehportal_findable_added", added)}
            CREATE TRIGGER findable_added AFTER INSERT ON certificates_certificate
                REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ehportal_findable_added();
            {trigger_function("ehportal_findable_changed", changed)}
            CREATE TRIGGER findable_changed AFTER UPDATE OF {", ".join(watched)} ON certificates_certificate
                FOR EACH ROW WHEN ({differs}) EXECUTE FUNCTION ehportal_findable_changed();
            {trigger_function("ehportal_findable_gone", gone)}
            CREATE TRIGGER findable_gone AFTER DELETE ON certificates_certificate
                FOR EACH ROW EXECUTE FUNCTION ehportal_findable_gone();
            {"".join(beside)}
            {"".join(triggers)}
        """,
        reverse_sql="".join(
            f"DROP TRIGGER findable_{when} ON {table};"
            for table in BESIDE
            for when in ("added", "gone", "changed")
        )
        + """
            DROP TRIGGER findable_renamed ON organisations_user;
            DROP FUNCTION ehportal_carer_renamed();
            DROP TRIGGER findable_gone ON certificates_certificate;
            DROP FUNCTION ehportal_findable_gone();
            DROP TRIGGER findable_changed ON certificates_certificate;
            DROP TRIGGER findable_added ON certificates_certificate;
            DROP FUNCTION ehportal_beside_added();
            DROP FUNCTION ehportal_beside_gone();
            DROP FUNCTION ehportal_beside_changed();
            DROP FUNCTION ehportal_findable_changed();
            DROP FUNCTION ehportal_findable_added();
        """,
    )


def found_by_words(role: str) -> RunSQL:
    """Create the function that finds: ids of certificates of `here` in which each word of `typed` begins a word.

    At most `most` of them, in no order. Nothing of an organisation that the transaction did not name, and of what is
    private only what its reader sees.
    """
    return RunSQL(
        sql=f"""
            CREATE FUNCTION ehportal_query(here uuid, typed text) RETURNS tsquery
                LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
                SELECT string_agg(quote_literal(ehportal_mark(here) || word) || ':*', ' & ')::tsquery
                FROM (SELECT word FROM ehportal_words(typed) AS word LIMIT {TYPED}) AS words
            $$;
            -- Not to be inlined: the planner would take what `@@` finds for little, and sort all before it shows some.
            CREATE FUNCTION ehportal_holds(words tsvector, looked tsquery) RETURNS boolean
                LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 AS $$ BEGIN RETURN words @@ looked; END $$;
            CREATE FUNCTION {FOUND}(here uuid, typed text, most integer) RETURNS SETOF uuid
                LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 500 {SETTINGS} AS $$
            BEGIN
                IF NOT here = ANY ({NAMED}) THEN
                    RETURN;
                END IF;
                -- Planned for these words: how common they are decides the way.
                RETURN QUERY EXECUTE
                    'SELECT certificate_id FROM certificates_searchentry WHERE words @@ $1 AND organisation_id = $2'
                    ' AND ({private_condition().replace("'", "''")}) LIMIT $3'
                    USING ehportal_query(here, typed), here, most;
            END $$;
            REVOKE ALL ON FUNCTION {FOUND}(uuid, text, integer) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION {FOUND}(uuid, text, integer) TO {role};
        """,  # noqa: S608  # names of ours
        reverse_sql=f"""
            DROP FUNCTION {FOUND}(uuid, text, integer);
            DROP FUNCTION ehportal_holds(tsvector, tsquery);
            DROP FUNCTION ehportal_query(uuid, text);
        """,
    )
