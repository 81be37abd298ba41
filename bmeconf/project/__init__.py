"""What lies on disk beside the manifests: settings, schemas, working files, whole writes."""
