"""The tables of a workspace, one step after the other.

A step is never changed once it was released: a new one is added behind it. The number of steps
that a file has seen is its `user_version`.
"""

APPLICATION_ID = 0x424B4C54  # "BKLT": tells our files from those of other programs

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "create table facts (name text primary key, value not null) without rowid",
        "insert into facts values ('id', lower(hex(randomblob(16)))), ('revision', 0)",
        # Head and body are JSON, the body deflated. A dropped record stays as an empty row for a
        # while, so that other programs hear of it.
        """
        create table records (
            collection text not null,
            id text not null,
            at real not null,
            revision integer not null,
            head text not null,
            body blob,
            dropped integer not null default 0,
            primary key (collection, id)
        )
        """,
        "create index records_by_revision on records (revision)",
    ),
)
