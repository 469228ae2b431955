/* Imported by not-supported-import.bt. */
