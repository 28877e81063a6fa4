"""An installation taken from one place to another: rows between engines, sealed objects between stores."""
