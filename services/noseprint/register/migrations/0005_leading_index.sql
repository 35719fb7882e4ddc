-- The index over whole templates makes room for one over their first components; the register builds that by
-- itself once it is large enough, and looks at every template until then.
DROP INDEX IF EXISTS templates_hnsw;
