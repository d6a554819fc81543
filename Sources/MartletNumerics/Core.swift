@_exported import MartletCore
