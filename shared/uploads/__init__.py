"""Objects and the rows that name them, stored together or not at all.

An upload is announced in a table ``uploads`` of the service's schema and committed before its first object
is stored; the transaction that names the objects in rows takes the announcement away. So an object that
neither a row nor an announcement of the last hour or so stands for is nobody's: a sweeper may remove it.
"""
