"""The third assignment: tied and denoising auto-encoders, reconstruction beside PCA, a probe."""
