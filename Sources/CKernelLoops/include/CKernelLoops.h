// Nothing: what these files define is declared by the headers of CKernels.
