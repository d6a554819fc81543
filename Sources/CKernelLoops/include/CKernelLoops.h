// Empty: the headers of CKernels declare what the files of this target define.
