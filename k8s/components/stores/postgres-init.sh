#!/bin/sh
# Runs once, when PostgreSQL makes its cluster: the role that the services are, which is no superuser, its
# database, and pgvector, which only a superuser may add.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set password="$(cat /run/secrets/postgres-password)" <<'SQL'
CREATE ROLE pawtrait LOGIN PASSWORD :'password';
CREATE DATABASE pawtrait OWNER pawtrait;
\connect pawtrait
CREATE EXTENSION vector WITH SCHEMA public;
SQL
