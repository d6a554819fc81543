@_exported import MartletEnergy
