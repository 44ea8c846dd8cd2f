DROP TABLE parcel_file;
DROP TABLE parcel;
