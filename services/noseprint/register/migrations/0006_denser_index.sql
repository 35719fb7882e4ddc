-- A graph with more neighbours is found one's way in sooner. The register builds it by itself, and looks at every
-- template until then.
DROP INDEX IF EXISTS templates_leading_hnsw;
